-- Why: a contract name is a view, and a swap replaces what it reads (CORRECTNESS C27). Rights, comments and the views of
-- others over it stay, because it is the same view; renaming tables would lose all three.

-- Lets ledger.<view> read the table of another generation. The caller bounds the wait for the lock.
CREATE FUNCTION ledger.swap_view(view text, live int, next int) RETURNS void
    LANGUAGE plpgsql VOLATILE
    -- With nothing on the path every name in the definition is written with its schema.
    SET search_path = ''
AS $$
DECLARE
    name       text := format('ledger.%I', view);
    definition text := pg_get_viewdef(format('ledger.%I', view)::regclass);
    options    text;
BEGIN
    definition := regexp_replace(definition, '\m' || view || '_v' || live || '\M', view || '_v' || next, 'g');
    SELECT 'WITH (' || array_to_string(c.reloptions, ', ') || ')' INTO options
    FROM pg_catalog.pg_class c WHERE c.oid = name::regclass;
    EXECUTE format('CREATE OR REPLACE VIEW %s %s AS %s', name, coalesce(options, ''), definition);
END
$$;

REVOKE EXECUTE ON FUNCTION ledger.swap_view FROM PUBLIC;
