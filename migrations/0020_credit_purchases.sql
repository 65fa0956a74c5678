-- Why: payments and what became of them.

CREATE TABLE ledger.credit_purchases_v1 (
    partition         smallint    NOT NULL,
    organization_id   text        COLLATE "C" NOT NULL,
    purchase_id       uuid        NOT NULL,
    sequence          bigint      NOT NULL,
    last_sequence     bigint      NOT NULL,
    credits           bigint      NOT NULL,
    price_minor       bigint      NOT NULL,
    revoked_credits   bigint      NOT NULL,
    refunded_minor    bigint      NOT NULL,
    created_at        timestamptz NOT NULL,
    completed_at      timestamptz,
    updated_at        timestamptz NOT NULL,
    expires_at        timestamptz,
    currency          text        COLLATE "C" NOT NULL,
    status            text        COLLATE "C" NOT NULL,
    payment_reference text        COLLATE "C" NOT NULL,
    package_id        text        COLLATE "C",
    reason            text,
    actor             text        COLLATE "C" NOT NULL,
    metadata          jsonb       NOT NULL,
    -- Serves one purchase of an organization, and the projector's own look-up.
    PRIMARY KEY (partition, organization_id, purchase_id),
    -- The documented list.
    CONSTRAINT credit_purchases_status_known
        CHECK (status IN ('started', 'completed', 'failed', 'expired', 'partly_revoked', 'revoked'))
);

-- Pages of an organization, newest first.
CREATE INDEX credit_purchases_v1_newest ON ledger.credit_purchases_v1 (organization_id, sequence, purchase_id);

COMMENT ON TABLE ledger.credit_purchases_v1 IS 'One row a payment for credits, and what became of it';
COMMENT ON COLUMN ledger.credit_purchases_v1.partition IS 'Where the organization''s events are kept; a hash of its id';
COMMENT ON COLUMN ledger.credit_purchases_v1.organization_id IS 'The caller''s own id of the account';
COMMENT ON COLUMN ledger.credit_purchases_v1.purchase_id IS 'Id of the purchase, and of the grant that it makes once completed';
COMMENT ON COLUMN ledger.credit_purchases_v1.sequence IS 'Place of its first event in the organization''s stream';
COMMENT ON COLUMN ledger.credit_purchases_v1.last_sequence IS 'Place of the last event that changed it';
COMMENT ON COLUMN ledger.credit_purchases_v1.credits IS 'Credits that it buys';
COMMENT ON COLUMN ledger.credit_purchases_v1.price_minor IS 'Price, in the currency''s smallest unit';
COMMENT ON COLUMN ledger.credit_purchases_v1.revoked_credits IS
    'Credits taken back by refunds and disputes, spent ones included, less what was reinstated; expired credits are not taken back';
COMMENT ON COLUMN ledger.credit_purchases_v1.refunded_minor IS
    'How much of the price went back with them, where that is known, in the currency''s smallest unit';
COMMENT ON COLUMN ledger.credit_purchases_v1.created_at IS 'When it was started, or recorded as paid';
COMMENT ON COLUMN ledger.credit_purchases_v1.completed_at IS 'When the payment was recorded; NULL: it was not';
COMMENT ON COLUMN ledger.credit_purchases_v1.updated_at IS 'When it last changed';
COMMENT ON COLUMN ledger.credit_purchases_v1.expires_at IS 'When the credits end; NULL: never, or not completed';
COMMENT ON COLUMN ledger.credit_purchases_v1.currency IS 'ISO 4217 code';
COMMENT ON COLUMN ledger.credit_purchases_v1.status IS
    'started, completed, failed, expired (never paid), partly_revoked, revoked (all credits, or all of the price, went back)';
COMMENT ON COLUMN ledger.credit_purchases_v1.payment_reference IS 'The payment''s own id: an invoice, a checkout session';
COMMENT ON COLUMN ledger.credit_purchases_v1.package_id IS 'The package that was bought; NULL: none';
COMMENT ON COLUMN ledger.credit_purchases_v1.reason IS
    'Why it last failed, expired, was revoked or reinstated; NULL where nothing of that happened';
COMMENT ON COLUMN ledger.credit_purchases_v1.actor IS
    'Who started or recorded it: key:<id>, token:<subject>, system:<process> or cli:<user>';
COMMENT ON COLUMN ledger.credit_purchases_v1.metadata IS 'The caller''s own fields; {} where there are none';

SELECT ledger.publish('credit_purchases', 1);
