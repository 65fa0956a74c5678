-- Why: a contract name such as ledger.credit_transactions is a view over one generation of its table
-- (ledger.credit_transactions_v1), so that a rebuilt generation takes its place in an instant. Replacing a view by hand
-- forgets comments and rights; this does all of it in one way, for the migrations and for a rebuild's swap.

-- Shows a generation under its contract name. The comments are the table's; analysts may read the view, and only it.
CREATE FUNCTION ledger.publish(p_name text, p_generation int) RETURNS void
    LANGUAGE plpgsql VOLATILE
AS $$
DECLARE
    published text := format('ledger.%I', p_name);
    source    text := format('ledger.%I', p_name || '_v' || p_generation);
    remark    text := obj_description(source::regclass, 'pg_class');
    named     record;
BEGIN
    -- A generation that was made LIKE another one has its columns' comments, but not its own.
    IF remark IS NULL AND to_regclass(published) IS NOT NULL THEN
        remark := obj_description(published::regclass, 'pg_class');
        EXECUTE format('COMMENT ON TABLE %s IS %L', source, remark);
    END IF;
    EXECUTE format('CREATE OR REPLACE VIEW %s AS SELECT * FROM %s', published, source);
    EXECUTE format('COMMENT ON VIEW %s IS %L', published, remark);
    FOR named IN
        SELECT a.attname AS name, col_description(a.attrelid, a.attnum) AS remark
        FROM pg_attribute a
        WHERE a.attrelid = source::regclass AND a.attnum > 0 AND NOT a.attisdropped
    LOOP
        EXECUTE format('COMMENT ON COLUMN %s.%I IS %L', published, named.name, named.remark);
    END LOOP;
    IF EXISTS (SELECT FROM pg_roles WHERE rolname = 'ledger_analyst') THEN
        EXECUTE format('GRANT SELECT ON %s TO ledger_analyst', published);
    END IF;
    IF EXISTS (SELECT FROM pg_roles WHERE rolname = 'ledger_app') THEN
        EXECUTE format('GRANT SELECT ON %s TO ledger_app', published);
        EXECUTE format('GRANT SELECT, INSERT, UPDATE, DELETE ON %s TO ledger_app', source);
    END IF;
END
$$;

REVOKE EXECUTE ON FUNCTION ledger.publish(text, int) FROM PUBLIC;

-- The tables behind the views are no contract: they come and go with rebuilds.
DO $$
BEGIN
    IF EXISTS (SELECT FROM pg_roles WHERE rolname = 'ledger_analyst') THEN
        ALTER DEFAULT PRIVILEGES IN SCHEMA ledger REVOKE SELECT ON TABLES FROM ledger_analyst;
        REVOKE SELECT ON ALL TABLES IN SCHEMA ledger FROM ledger_analyst;
    END IF;
EXCEPTION
    WHEN insufficient_privilege THEN
        RAISE WARNING 'the rights of ledger_analyst were not narrowed: %', SQLERRM;
END
$$;
