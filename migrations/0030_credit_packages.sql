-- Why: what is for sale. A package is never changed in place: a change is a row of its own, so that a purchase of years
-- ago still says what its package was. Catalogue rows belong to no organization and are not on the write path, so they
-- have no partition (on Citus: a reference table).

CREATE TABLE ledger.credit_package_versions (
    id              text        COLLATE "C" NOT NULL,
    version         int         NOT NULL,
    name            text        NOT NULL,
    credits         bigint      NOT NULL,
    bonus_credits   bigint      NOT NULL,
    price_cents     bigint      NOT NULL,
    currency        text        COLLATE "C" NOT NULL,
    is_active       boolean     NOT NULL,
    stripe_price_id text        COLLATE "C",
    features        jsonb       NOT NULL,
    validity_days   int,
    rate_tier       text        COLLATE "C",
    actor           text        COLLATE "C" NOT NULL,
    recorded_at     timestamptz NOT NULL,
    -- Serves the current version and the history of a package; of two changes at once, one fails instead of being lost.
    CONSTRAINT credit_package_versions_pkey PRIMARY KEY (id, version),
    -- What `domain::package` lets through, for rows that are written by hand.
    CONSTRAINT credit_package_versions_amounts CHECK (version > 0 AND credits > 0 AND bonus_credits >= 0 AND price_cents >= 0),
    CONSTRAINT credit_package_versions_validity CHECK (validity_days IS NULL OR validity_days > 0)
);

COMMENT ON TABLE ledger.credit_package_versions IS 'One row a version of a package; rows are added, never changed';
COMMENT ON COLUMN ledger.credit_package_versions.id IS 'The package''s id, chosen by whoever made it';
COMMENT ON COLUMN ledger.credit_package_versions.version IS 'From 1 without gaps; the highest is the current one';
COMMENT ON COLUMN ledger.credit_package_versions.name IS 'For customers';
COMMENT ON COLUMN ledger.credit_package_versions.credits IS 'Credits that the price buys';
COMMENT ON COLUMN ledger.credit_package_versions.bonus_credits IS 'Credits on top of them at no further price';
COMMENT ON COLUMN ledger.credit_package_versions.price_cents IS 'Price, in the currency''s smallest unit';
COMMENT ON COLUMN ledger.credit_package_versions.currency IS 'ISO 4217 code';
COMMENT ON COLUMN ledger.credit_package_versions.is_active IS 'Whether it is for sale';
COMMENT ON COLUMN ledger.credit_package_versions.stripe_price_id IS 'The price at Stripe that stands for it; NULL: none';
COMMENT ON COLUMN ledger.credit_package_versions.features IS 'What else it brings, for customers: a list of texts';
COMMENT ON COLUMN ledger.credit_package_versions.validity_days IS 'Days until bought credits expire; NULL: never';
COMMENT ON COLUMN ledger.credit_package_versions.rate_tier IS 'The tier of rate limits that it brings; NULL: the usual one';
COMMENT ON COLUMN ledger.credit_package_versions.actor IS 'Who made this version: key:<id> or cli:<user>';
COMMENT ON COLUMN ledger.credit_package_versions.recorded_at IS 'When this version was made; it holds until the next one';

CREATE VIEW ledger.credit_packages AS
SELECT DISTINCT ON (v.id)
    v.id, v.version, v.name, v.credits, v.bonus_credits, v.price_cents, v.currency, v.is_active, v.stripe_price_id,
    v.features, v.validity_days, v.rate_tier, v.actor, v.recorded_at
FROM ledger.credit_package_versions v
ORDER BY v.id, v.version DESC;

COMMENT ON VIEW ledger.credit_packages IS 'One row a package: its current version, retired ones included';
COMMENT ON COLUMN ledger.credit_packages.id IS 'The package''s id, chosen by whoever made it';
COMMENT ON COLUMN ledger.credit_packages.version IS 'The current version';
COMMENT ON COLUMN ledger.credit_packages.name IS 'For customers';
COMMENT ON COLUMN ledger.credit_packages.credits IS 'Credits that the price buys';
COMMENT ON COLUMN ledger.credit_packages.bonus_credits IS 'Credits on top of them at no further price';
COMMENT ON COLUMN ledger.credit_packages.price_cents IS 'Price, in the currency''s smallest unit';
COMMENT ON COLUMN ledger.credit_packages.currency IS 'ISO 4217 code';
COMMENT ON COLUMN ledger.credit_packages.is_active IS 'Whether it is for sale';
COMMENT ON COLUMN ledger.credit_packages.stripe_price_id IS 'The price at Stripe that stands for it; NULL: none';
COMMENT ON COLUMN ledger.credit_packages.features IS 'What else it brings, for customers: a list of texts';
COMMENT ON COLUMN ledger.credit_packages.validity_days IS 'Days until bought credits expire; NULL: never';
COMMENT ON COLUMN ledger.credit_packages.rate_tier IS 'The tier of rate limits that it brings; NULL: the usual one';
COMMENT ON COLUMN ledger.credit_packages.actor IS 'Who made the current version: key:<id> or cli:<user>';
COMMENT ON COLUMN ledger.credit_packages.recorded_at IS 'When the current version was made';

-- A version that could change would not be one: the purchase that names it would say something else tomorrow.
CREATE FUNCTION ledger.refuse_change() RETURNS trigger
    LANGUAGE plpgsql
AS $$
BEGIN
    RAISE EXCEPTION 'rows of %.% are added, never changed or removed', TG_TABLE_SCHEMA, TG_TABLE_NAME;
END
$$;

REVOKE EXECUTE ON FUNCTION ledger.refuse_change() FROM PUBLIC;

CREATE TRIGGER credit_package_versions_are_kept
    BEFORE UPDATE OR DELETE OR TRUNCATE ON ledger.credit_package_versions
    FOR EACH STATEMENT EXECUTE FUNCTION ledger.refuse_change();

DO $$
BEGIN
    IF EXISTS (SELECT FROM pg_roles WHERE rolname = 'ledger_analyst') THEN
        GRANT SELECT ON ledger.credit_packages, ledger.credit_package_versions TO ledger_analyst;
    END IF;
    IF EXISTS (SELECT FROM pg_roles WHERE rolname = 'ledger_app') THEN
        REVOKE UPDATE, DELETE ON ledger.credit_package_versions FROM ledger_app;
        GRANT SELECT, INSERT ON ledger.credit_package_versions TO ledger_app;
        GRANT SELECT ON ledger.credit_packages TO ledger_app;
    END IF;
EXCEPTION
    WHEN insufficient_privilege THEN
        RAISE WARNING 'the roles ledger_analyst and ledger_app got no rights: %', SQLERRM;
END
$$;
