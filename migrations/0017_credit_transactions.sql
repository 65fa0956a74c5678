-- Why: an account's statement. Each movement of the balance is one row; the amounts of an organization add up to its
-- balance. What moves nothing has no row: holding and releasing credits, repaying debt, merging grants, a grant whose
-- start lies ahead. The one exception is a consumption that cost nothing, because people look for it here.

CREATE TABLE ledger.credit_transactions_v1 (
    partition       smallint    NOT NULL,
    organization_id text        COLLATE "C" NOT NULL,
    sequence        bigint      NOT NULL,
    created_at      timestamptz NOT NULL,
    amount          bigint      NOT NULL,
    balance_after   bigint      NOT NULL,
    id              uuid        NOT NULL,
    entity_id       uuid,
    type            text        COLLATE "C" NOT NULL,
    description     text,
    reference_type  text        COLLATE "C",
    reference_id    text        COLLATE "C",
    operation       text        COLLATE "C",
    subject         text        COLLATE "C",
    actor           text        COLLATE "C" NOT NULL,
    metadata        jsonb       NOT NULL,
    -- Serves pages of an organization, newest first, and its rows of a span of time: time never runs back in a stream,
    -- so (created_at, sequence) is the order of the sequence.
    PRIMARY KEY (partition, organization_id, created_at, sequence),
    -- The documented list.
    CONSTRAINT credit_transactions_type_known CHECK (type IN (
        'purchase', 'grant', 'consumption', 'refund', 'expiration', 'void', 'revocation', 'reinstatement', 'adjustment'
    ))
);

-- Pages of one operation. Only consumptions have an operation, so a row is in this index or in the next, never in both.
CREATE INDEX credit_transactions_v1_by_operation
    ON ledger.credit_transactions_v1 (organization_id, operation, created_at, sequence) WHERE operation IS NOT NULL;

-- Pages of one type. Consumptions, which are nearly all rows, are found quickly without an index of their own.
CREATE INDEX credit_transactions_v1_by_type
    ON ledger.credit_transactions_v1 (organization_id, type, created_at, sequence) WHERE type <> 'consumption';

-- Rows of one record of the caller's.
CREATE INDEX credit_transactions_v1_by_reference
    ON ledger.credit_transactions_v1 (organization_id, reference_id, created_at, sequence)
    WHERE reference_id IS NOT NULL;

-- Breakage by month, over all organizations: expirations are few.
CREATE INDEX credit_transactions_v1_expirations
    ON ledger.credit_transactions_v1 (created_at) WHERE type = 'expiration';

COMMENT ON TABLE ledger.credit_transactions_v1 IS
    'One row a movement of the balance; the amounts of an organization add up to its balance';
COMMENT ON COLUMN ledger.credit_transactions_v1.partition IS 'Where the organization''s events are kept; a hash of its id';
COMMENT ON COLUMN ledger.credit_transactions_v1.organization_id IS 'The caller''s own id of the account';
COMMENT ON COLUMN ledger.credit_transactions_v1.sequence IS
    'Place of the event in the organization''s stream; events that move nothing leave gaps';
COMMENT ON COLUMN ledger.credit_transactions_v1.created_at IS 'When it took effect; never runs back in an organization';
COMMENT ON COLUMN ledger.credit_transactions_v1.amount IS
    'Credits, signed; zero only for a consumption that cost nothing';
COMMENT ON COLUMN ledger.credit_transactions_v1.balance_after IS 'The balance right after the movement';
COMMENT ON COLUMN ledger.credit_transactions_v1.id IS 'Id of the event';
COMMENT ON COLUMN ledger.credit_transactions_v1.entity_id IS
    'The purchase (purchase, revocation, reinstatement), grant (grant, expiration, void, adjustment upwards, credits given back as a grant) or consumption (consumption, refund) that moved; NULL for an adjustment downwards';
COMMENT ON COLUMN ledger.credit_transactions_v1.type IS
    'purchase: credits bought. grant: credits given, when they take effect. consumption: credits spent, a confirmed reservation''s included. refund: a consumption''s credits given back. expiration: credits ended unused. void: a grant was voided. revocation: a purchase was refunded or disputed. reinstatement: a revocation was undone. adjustment: an operator''s correction';
COMMENT ON COLUMN ledger.credit_transactions_v1.description IS
    'The caller''s description of a consumption, else the reason that was given; NULL where there is none';
COMMENT ON COLUMN ledger.credit_transactions_v1.reference_type IS
    'Kind of reference_id: the caller''s own of a consumption, payment, refund or dispute of a purchase, revocation of a reinstatement';
COMMENT ON COLUMN ledger.credit_transactions_v1.reference_id IS 'The caller''s own record of it; NULL where there is none';
COMMENT ON COLUMN ledger.credit_transactions_v1.operation IS 'What a consumption was for; NULL for other types';
COMMENT ON COLUMN ledger.credit_transactions_v1.subject IS 'Who used it: an end user or key, as the caller names them';
COMMENT ON COLUMN ledger.credit_transactions_v1.actor IS
    'Who did it: key:<id>, token:<subject>, system:<process> or cli:<user>';
COMMENT ON COLUMN ledger.credit_transactions_v1.metadata IS 'The caller''s own fields; {} where there are none';

SELECT ledger.publish('credit_transactions', 1);
