-- Why: a rebuild writes beside the live table (CORRECTNESS C27). Its table is a copy of the live one's shape, so that a
-- migration that changes a read table changes what the next rebuild makes, and nothing lists the columns twice.

-- The name that an index or a constraint has in the next generation.
CREATE FUNCTION ledger.name_in_generation(name text, live int, next int) RETURNS text
    LANGUAGE sql IMMUTABLE
    RETURN CASE
        WHEN strpos(name, '_v' || live) > 0 THEN replace(name, '_v' || live, '_v' || next)
        ELSE name || '_v' || next
    END;

-- Makes ledger.<view>_v<next>, empty, like ledger.<view>_v<live>: columns, constraints, comments and rights. Indexes that
-- no constraint needs are left to ledger.index_generation: filling a table first and indexing it then is faster.
CREATE FUNCTION ledger.make_generation(view text, live int, next int) RETURNS void
    LANGUAGE plpgsql VOLATILE
AS $$
DECLARE
    source   regclass := format('ledger.%I', view || '_v' || live);
    target   text     := format('ledger.%I', view || '_v' || next);
    part     record;
BEGIN
    EXECUTE format('CREATE TABLE %s (LIKE %s INCLUDING ALL EXCLUDING INDEXES)', target, source);
    FOR part IN
        SELECT ledger.name_in_generation(c.conname, live, next) AS name, pg_get_constraintdef(c.oid) AS definition
        FROM pg_constraint c WHERE c.conrelid = source AND c.contype IN ('p', 'u', 'x') ORDER BY c.conname
    LOOP
        EXECUTE format('ALTER TABLE %s ADD CONSTRAINT %I %s', target, part.name, part.definition);
    END LOOP;
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

REVOKE EXECUTE ON FUNCTION ledger.name_in_generation, ledger.make_generation FROM PUBLIC;
