-- Why: grants that are about to expire are looked for across organizations. Without an index by time that would be a scan
-- of all grants every few minutes. On whichever generation of the table there is: the live one may have been rebuilt.

DO $$
DECLARE
    grants regclass;
BEGIN
    FOR grants IN
        SELECT c.oid FROM pg_class c
        WHERE c.relnamespace = 'ledger'::regnamespace AND c.relkind = 'r' AND c.relname ~ '^credit_grants_v[0-9]+$'
    LOOP
        EXECUTE format(
            'CREATE INDEX %I ON %s (partition, expires_at, grant_id) WHERE status IN (''scheduled'', ''active'')',
            (SELECT relname FROM pg_class WHERE oid = grants) || '_ending', grants);
    END LOOP;
END
$$;
