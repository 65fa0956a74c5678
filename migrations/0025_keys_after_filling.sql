-- Why: what a rebuild of credit_transactions waits for is its key: a row an event, each with a place of its own in a tree
-- that grows. Made once, when the table is full, the key is sorted and costs a fraction (measured on 10^6 rows: filling
-- them with the key took 43 s on a busy machine, without it 12 s, and the key then 5 s).

-- The keys of ledger.<view>_v<live> that ledger.<view>_v<next> does not have yet, each as the statement that makes it.
CREATE FUNCTION ledger.missing_keys(view text, live int, next int) RETURNS SETOF text
    LANGUAGE sql STABLE
BEGIN ATOMIC
    SELECT format(
               'ALTER TABLE ledger.%I ADD CONSTRAINT %I %s',
               view || '_v' || next,
               ledger.name_in_generation(c.conname, live, next),
               pg_get_constraintdef(c.oid)
           )
    FROM pg_constraint c
    WHERE c.conrelid = format('ledger.%I', view || '_v' || live)::regclass AND c.contype IN ('p', 'u', 'x')
      AND NOT EXISTS (
          SELECT FROM pg_constraint n
          WHERE n.conrelid = format('ledger.%I', view || '_v' || next)::regclass
            AND n.conname = ledger.name_in_generation(c.conname, live, next))
    ORDER BY c.conname;
END;

-- As before, but a caller may leave the keys for later; one that does not know of it gets them at once.
DROP FUNCTION ledger.make_generation(text, int, int);

CREATE FUNCTION ledger.make_generation(view text, live int, next int, with_keys boolean DEFAULT true) RETURNS void
    LANGUAGE plpgsql VOLATILE
AS $$
DECLARE
    source   regclass := format('ledger.%I', view || '_v' || live);
    target   text     := format('ledger.%I', view || '_v' || next);
    part     record;
BEGIN
    EXECUTE format('CREATE TABLE %s (LIKE %s INCLUDING ALL EXCLUDING INDEXES)', target, source);
    IF with_keys THEN
        FOR part IN SELECT m.definition FROM ledger.missing_keys(view, live, next) AS m (definition) LOOP
            EXECUTE part.definition;
        END LOOP;
    END IF;
    EXECUTE format('COMMENT ON TABLE %s IS %L', target, obj_description(source, 'pg_class'));
    FOR part IN
        SELECT a.privilege_type AS name, coalesce(quote_ident(r.rolname), 'PUBLIC') AS grantee
        FROM pg_class c CROSS JOIN LATERAL aclexplode(c.relacl) a LEFT JOIN pg_roles r ON r.oid = a.grantee
        WHERE c.oid = source AND a.grantee <> c.relowner
    LOOP
        EXECUTE format('GRANT %s ON %s TO %s', part.name, target, part.grantee);
    END LOOP;
    FOR part IN SELECT unnest(c.reloptions) AS definition FROM pg_class c WHERE c.oid = source LOOP
        EXECUTE format('ALTER TABLE %s SET (%s)', target, part.definition);
    END LOOP;
END
$$;

REVOKE EXECUTE ON FUNCTION ledger.missing_keys, ledger.make_generation FROM PUBLIC;
