-- Why: people who ask in SQL get a login that can neither write, nor see keys and the log, nor hold a snapshot open for
-- hours on the primary. A service that does not migrate gets one that can append but never change a row.
-- Roles belong to the server, not to the database: they may exist already, and a managed server may not allow them.

DO $$
BEGIN
    IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'ledger_analyst') THEN
        CREATE ROLE ledger_analyst LOGIN;
        ALTER ROLE ledger_analyst SET default_transaction_read_only = on;
        ALTER ROLE ledger_analyst SET statement_timeout = '5min';
        ALTER ROLE ledger_analyst SET idle_in_transaction_session_timeout = '1min';
        ALTER ROLE ledger_analyst SET lock_timeout = '10s';
    END IF;
    IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'ledger_app') THEN
        CREATE ROLE ledger_app NOLOGIN;
    END IF;
EXCEPTION
    WHEN insufficient_privilege THEN
        RAISE WARNING 'the roles ledger_analyst and ledger_app were not made: %', SQLERRM;
    -- Another database of this server made them at the same moment.
    WHEN duplicate_object OR unique_violation THEN
        NULL;
END
$$;

DO $$
BEGIN
    IF EXISTS (SELECT FROM pg_roles WHERE rolname = 'ledger_analyst') THEN
        GRANT USAGE ON SCHEMA ledger, analytics TO ledger_analyst;
        ALTER DEFAULT PRIVILEGES IN SCHEMA ledger, analytics GRANT SELECT ON TABLES TO ledger_analyst;
    END IF;
    IF EXISTS (SELECT FROM pg_roles WHERE rolname = 'ledger_app') THEN
        GRANT USAGE ON SCHEMA store, ledger, analytics, payments TO ledger_app;
        GRANT SELECT, INSERT ON store.events, store.daily_snapshots TO ledger_app;
        GRANT SELECT, INSERT, UPDATE ON store.snapshots, store.sweeps, store.api_keys TO ledger_app;
        GRANT SELECT, INSERT, UPDATE, DELETE ON store.due TO ledger_app;
        -- FOR UPDATE needs the right to update a column; the check on the row leaves nothing to gain by using it.
        GRANT SELECT, UPDATE (partition) ON store.heads TO ledger_app;
        ALTER DEFAULT PRIVILEGES IN SCHEMA ledger, analytics, payments
            GRANT SELECT, INSERT, UPDATE, DELETE ON TABLES TO ledger_app;
    END IF;
EXCEPTION
    WHEN insufficient_privilege THEN
        RAISE WARNING 'the roles ledger_analyst and ledger_app got no rights: %', SQLERRM;
END
$$;

-- Whoever may reach a schema may otherwise call its functions.
REVOKE EXECUTE ON ALL FUNCTIONS IN SCHEMA store FROM PUBLIC;

DO $$
BEGIN
    IF EXISTS (SELECT FROM pg_roles WHERE rolname = 'ledger_app') THEN
        GRANT EXECUTE ON ALL FUNCTIONS IN SCHEMA store TO ledger_app;
    END IF;
END
$$;
