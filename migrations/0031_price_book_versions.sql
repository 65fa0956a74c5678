-- Why: what operations cost, with every version that was ever published: a consumption names the version that priced it,
-- and an auditor computes it again years later. Like packages, versions belong to no organization.

CREATE TABLE ledger.price_book_versions (
    version      int         NOT NULL,
    valid_from   timestamptz NOT NULL,
    -- As it was published; `json`, because a version is compared with what was published, member by member and in order.
    document     json        NOT NULL,
    actor        text        COLLATE "C" NOT NULL,
    published_at timestamptz NOT NULL,
    -- Serves a version by its number, and the latest; of two publications at once, one fails instead of being lost.
    CONSTRAINT price_book_versions_pkey PRIMARY KEY (version),
    CONSTRAINT price_book_versions_from_one CHECK (version > 0),
    -- Prices change for what comes, never for what was.
    CONSTRAINT price_book_versions_ahead CHECK (valid_from >= published_at)
);

COMMENT ON TABLE ledger.price_book_versions IS 'One row a published version of the price book; rows are added, never changed';
COMMENT ON COLUMN ledger.price_book_versions.version IS 'From 1 without gaps; priced consumptions name it';
COMMENT ON COLUMN ledger.price_book_versions.valid_from IS
    'From when on it holds, until the next one does; of two with the same instant, the higher version';
COMMENT ON COLUMN ledger.price_book_versions.document IS 'The book: rounding, units, dimensions, prices, free credits';
COMMENT ON COLUMN ledger.price_book_versions.actor IS 'Who published it: key:<id> or cli:<user>';
COMMENT ON COLUMN ledger.price_book_versions.published_at IS 'When it was published';

CREATE TRIGGER price_book_versions_are_kept
    BEFORE UPDATE OR DELETE OR TRUNCATE ON ledger.price_book_versions
    FOR EACH STATEMENT EXECUTE FUNCTION ledger.refuse_change();

DO $$
BEGIN
    IF EXISTS (SELECT FROM pg_roles WHERE rolname = 'ledger_analyst') THEN
        GRANT SELECT ON ledger.price_book_versions TO ledger_analyst;
    END IF;
    IF EXISTS (SELECT FROM pg_roles WHERE rolname = 'ledger_app') THEN
        REVOKE UPDATE, DELETE ON ledger.price_book_versions FROM ledger_app;
        GRANT SELECT, INSERT ON ledger.price_book_versions TO ledger_app;
    END IF;
EXCEPTION
    WHEN insufficient_privilege THEN
        RAISE WARNING 'the roles ledger_analyst and ledger_app got no rights: %', SQLERRM;
END
$$;
