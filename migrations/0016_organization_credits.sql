-- Why: the balance of an organization is one row, so that reading it costs one page whatever the length of its stream.

CREATE TABLE ledger.organization_credits_v1 (
    partition               smallint    NOT NULL,
    organization_id         text        COLLATE "C" NOT NULL,
    balance                 bigint      NOT NULL,
    reserved                bigint      NOT NULL,
    available               bigint      NOT NULL,
    restricted              bigint      NOT NULL,
    debt                    bigint      NOT NULL,
    overdraft_limit         bigint      NOT NULL,
    lifetime_purchased      bigint      NOT NULL,
    lifetime_granted        bigint      NOT NULL,
    lifetime_refunded       bigint      NOT NULL,
    lifetime_reinstated     bigint      NOT NULL,
    lifetime_adjusted_up    bigint      NOT NULL,
    lifetime_used           bigint      NOT NULL,
    lifetime_expired        bigint      NOT NULL,
    lifetime_voided         bigint      NOT NULL,
    lifetime_clawed_back    bigint      NOT NULL,
    lifetime_adjusted_down  bigint      NOT NULL,
    last_top_up             bigint,
    own_threshold           bigint,
    low_balance_threshold   bigint      NOT NULL,
    low_balance             boolean     NOT NULL,
    auto_recharge_enabled   boolean     NOT NULL,
    auto_recharge_suspended boolean     NOT NULL,
    auto_recharge_threshold bigint,
    auto_recharge_amount    bigint,
    last_sequence           bigint      NOT NULL,
    created_at              timestamptz NOT NULL,
    updated_at              timestamptz NOT NULL,
    -- Serves the balance of one organization, and the projector's own look-up.
    PRIMARY KEY (partition, organization_id)
) WITH (fillfactor = 50); -- Every command of an organization rewrites its row: room to stay in the page, out of the indexes.

-- Organizations in the order of their ids, whatever their partition.
CREATE INDEX organization_credits_v1_by_id ON ledger.organization_credits_v1 (organization_id);

COMMENT ON TABLE ledger.organization_credits_v1 IS
    'One row an organization: its balance, counters and settings after its last event';
COMMENT ON COLUMN ledger.organization_credits_v1.partition IS 'Where the organization''s events are kept; a hash of its id';
COMMENT ON COLUMN ledger.organization_credits_v1.organization_id IS 'The caller''s own id of the account';
COMMENT ON COLUMN ledger.organization_credits_v1.balance IS
    'What remains in effective grants, restricted and held parts included, minus the debt';
COMMENT ON COLUMN ledger.organization_credits_v1.reserved IS 'Held by open reservations, from grants and from overdraft';
COMMENT ON COLUMN ledger.organization_credits_v1.available IS
    'What a consumption without an operation could take, overdraft included';
COMMENT ON COLUMN ledger.organization_credits_v1.restricted IS
    'Of the balance: credits in grants that pay only for some operations';
COMMENT ON COLUMN ledger.organization_credits_v1.debt IS 'What was spent below zero and is not repaid yet';
COMMENT ON COLUMN ledger.organization_credits_v1.overdraft_limit IS 'How far below zero a command may go';
COMMENT ON COLUMN ledger.organization_credits_v1.lifetime_purchased IS 'Credits of all completed purchases';
COMMENT ON COLUMN ledger.organization_credits_v1.lifetime_granted IS
    'Credits of all grants, those that have not started included';
COMMENT ON COLUMN ledger.organization_credits_v1.lifetime_refunded IS 'Credits that refunds of consumptions gave back';
COMMENT ON COLUMN ledger.organization_credits_v1.lifetime_reinstated IS
    'Credits that came back when the revocation of a purchase was undone';
COMMENT ON COLUMN ledger.organization_credits_v1.lifetime_adjusted_up IS 'Credits that operators added';
COMMENT ON COLUMN ledger.organization_credits_v1.lifetime_used IS 'Credits of all consumptions, refunded ones included';
COMMENT ON COLUMN ledger.organization_credits_v1.lifetime_expired IS 'Credits that ended unused with their grants';
COMMENT ON COLUMN ledger.organization_credits_v1.lifetime_voided IS 'Credits that ended because their grants were voided';
COMMENT ON COLUMN ledger.organization_credits_v1.lifetime_clawed_back IS
    'Credits that went with refunded or disputed purchases, spent ones included';
COMMENT ON COLUMN ledger.organization_credits_v1.lifetime_adjusted_down IS 'Credits that operators took';
COMMENT ON COLUMN ledger.organization_credits_v1.last_top_up IS
    'Credits of the last purchase, grant or adjustment upwards; the default threshold is a tenth of it';
COMMENT ON COLUMN ledger.organization_credits_v1.own_threshold IS
    'The threshold in the organization''s settings; NULL: the default applies';
COMMENT ON COLUMN ledger.organization_credits_v1.low_balance_threshold IS
    'The threshold in force: its own, else the smaller of 1,000 and a tenth of the last top-up';
COMMENT ON COLUMN ledger.organization_credits_v1.low_balance IS 'Whether balance - restricted is below the threshold';
COMMENT ON COLUMN ledger.organization_credits_v1.auto_recharge_enabled IS 'Whether credits are bought automatically';
COMMENT ON COLUMN ledger.organization_credits_v1.auto_recharge_suspended IS
    'Whether that waits until a person has looked';
COMMENT ON COLUMN ledger.organization_credits_v1.auto_recharge_threshold IS
    'They are bought when balance - restricted falls below this; NULL: never configured';
COMMENT ON COLUMN ledger.organization_credits_v1.auto_recharge_amount IS
    'How many at least, rounded up to whole packages; NULL: never configured';
COMMENT ON COLUMN ledger.organization_credits_v1.last_sequence IS 'Place of its last event in its own stream';
COMMENT ON COLUMN ledger.organization_credits_v1.created_at IS 'Time of its first event';
COMMENT ON COLUMN ledger.organization_credits_v1.updated_at IS 'Time of its last event';

SELECT ledger.publish('organization_credits', 1);
