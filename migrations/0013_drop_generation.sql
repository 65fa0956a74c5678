-- Why: after a swap (ledger.publish) nobody reads the tables of before, and a rebuild that was given up leaves tables that nobody will.

-- Drops every table of a contract name but those of the generations that are kept. Waits for whoever still reads one, as
-- long as the caller's lock_timeout allows.
CREATE FUNCTION ledger.drop_generations(view text, kept int[]) RETURNS void
    LANGUAGE plpgsql VOLATILE
AS $$
DECLARE
    old record;
BEGIN
    FOR old IN
        SELECT c.oid::regclass AS name FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
        WHERE n.nspname = 'ledger' AND c.relkind = 'r' AND c.relname ~ ('^' || view || '_v[0-9]+$')
          AND substring(c.relname FROM '[0-9]+$')::int <> ALL (kept)
    LOOP
        EXECUTE format('DROP TABLE %s', old.name);
    END LOOP;
END
$$;

REVOKE EXECUTE ON FUNCTION ledger.drop_generations FROM PUBLIC;
