-- Why: which lots an organization has, what is left of each and when it ends; and, for lots that were paid for, what
-- moved in each month, from which revenue is recognized.

CREATE TABLE ledger.credit_grants_v1 (
    partition        smallint    NOT NULL,
    organization_id  text        COLLATE "C" NOT NULL,
    grant_id         uuid        NOT NULL,
    sequence         bigint      NOT NULL,
    last_sequence    bigint      NOT NULL,
    amount           bigint      NOT NULL,
    remaining        bigint      NOT NULL,
    held             bigint      NOT NULL,
    used             bigint      NOT NULL,
    expired          bigint      NOT NULL,
    voided           bigint      NOT NULL,
    revoked          bigint      NOT NULL,
    merged           bigint      NOT NULL,
    granted_at       timestamptz NOT NULL,
    effective_at     timestamptz NOT NULL,
    expires_at       timestamptz,
    ended_at         timestamptz,
    cost_minor       bigint,
    cost_credits     bigint,
    currency         text        COLLATE "C",
    purchase_id      uuid,
    origin_grant_id  uuid,
    priority         smallint    NOT NULL,
    category         text        COLLATE "C" NOT NULL,
    cause            text        COLLATE "C" NOT NULL,
    status           text        COLLATE "C" NOT NULL,
    applies_to       text[]      NOT NULL,
    reason           text,
    actor            text        COLLATE "C" NOT NULL,
    metadata         jsonb       NOT NULL,
    -- Serves one grant of an organization, and the projector's own look-up.
    PRIMARY KEY (partition, organization_id, grant_id),
    -- The documented lists.
    CONSTRAINT credit_grants_category_known CHECK (category IN ('paid', 'promotional')),
    CONSTRAINT credit_grants_cause_known
        CHECK (cause IN ('grant', 'purchase', 'adjustment', 'refund', 'reinstatement')),
    CONSTRAINT credit_grants_status_known
        CHECK (status IN ('scheduled', 'active', 'depleted', 'expired', 'voided', 'merged'))
) WITH (fillfactor = 70); -- What remains changes often; no index has those columns, so a new version stays in the page.

-- Pages of an organization, newest first.
CREATE INDEX credit_grants_v1_newest ON ledger.credit_grants_v1 (organization_id, sequence, grant_id);

-- What expires next in an organization. A lot enters and leaves this index once, not with every consumption.
CREATE INDEX credit_grants_v1_open ON ledger.credit_grants_v1 (organization_id, expires_at, grant_id)
    WHERE status IN ('scheduled', 'active');

COMMENT ON TABLE ledger.credit_grants_v1 IS
    'One row a grant (a lot of credits): amount = remaining + used + expired + voided + revoked + merged';
COMMENT ON COLUMN ledger.credit_grants_v1.partition IS 'Where the organization''s events are kept; a hash of its id';
COMMENT ON COLUMN ledger.credit_grants_v1.organization_id IS 'The caller''s own id of the account';
COMMENT ON COLUMN ledger.credit_grants_v1.grant_id IS 'Id of the grant; the grant of a purchase has the purchase''s id';
COMMENT ON COLUMN ledger.credit_grants_v1.sequence IS 'Place of the event that made it in the organization''s stream';
COMMENT ON COLUMN ledger.credit_grants_v1.last_sequence IS 'Place of the last event that changed it';
COMMENT ON COLUMN ledger.credit_grants_v1.amount IS 'What it began with';
COMMENT ON COLUMN ledger.credit_grants_v1.remaining IS 'What is left, held credits included';
COMMENT ON COLUMN ledger.credit_grants_v1.held IS 'Of what is left: held by open reservations';
COMMENT ON COLUMN ledger.credit_grants_v1.used IS
    'Spent, taken by adjustments or for debt, less what came back to it. Below zero where spent credits of a purchase were revoked after other grants of its line had paid';
COMMENT ON COLUMN ledger.credit_grants_v1.expired IS 'Ended unused at its expiry, or when released after it';
COMMENT ON COLUMN ledger.credit_grants_v1.voided IS 'Ended because the grant was voided';
COMMENT ON COLUMN ledger.credit_grants_v1.revoked IS
    'Went with the refund or dispute of its purchase, less what was reinstated; spent credits that are owed since are counted here and no longer in used';
COMMENT ON COLUMN ledger.credit_grants_v1.merged IS 'Moved into an equal grant; below zero: moved in from one';
COMMENT ON COLUMN ledger.credit_grants_v1.granted_at IS 'When it was granted';
COMMENT ON COLUMN ledger.credit_grants_v1.effective_at IS 'From when on it can be spent';
COMMENT ON COLUMN ledger.credit_grants_v1.expires_at IS 'From when on it can no longer be spent; NULL: never ends';
COMMENT ON COLUMN ledger.credit_grants_v1.ended_at IS
    'When nothing was left of it, or it expired or was voided; NULL while it is scheduled or active';
COMMENT ON COLUMN ledger.credit_grants_v1.cost_minor IS
    'Cost basis: what was paid for cost_credits credits, in the currency''s smallest unit; NULL: it cost nothing';
COMMENT ON COLUMN ledger.credit_grants_v1.cost_credits IS 'Cost basis: how many credits cost_minor paid for';
COMMENT ON COLUMN ledger.credit_grants_v1.currency IS 'Cost basis: ISO 4217 code';
COMMENT ON COLUMN ledger.credit_grants_v1.purchase_id IS 'The purchase that it belongs to';
COMMENT ON COLUMN ledger.credit_grants_v1.origin_grant_id IS
    'The first grant of its line, where credits came back as a grant of their own';
COMMENT ON COLUMN ledger.credit_grants_v1.priority IS '0 to 1000; the lowest is spent first';
COMMENT ON COLUMN ledger.credit_grants_v1.category IS 'paid or promotional';
COMMENT ON COLUMN ledger.credit_grants_v1.cause IS
    'How it came: grant, purchase, adjustment, refund (of a consumption), reinstatement (of a revoked purchase)';
COMMENT ON COLUMN ledger.credit_grants_v1.status IS
    'scheduled (not started), active, depleted (nothing left), expired, voided (either may still have held credits), merged (into an equal grant)';
COMMENT ON COLUMN ledger.credit_grants_v1.applies_to IS
    'Operations that it pays for: exact names, or prefixes ending in *; empty: all';
COMMENT ON COLUMN ledger.credit_grants_v1.reason IS 'The reason that was given; NULL where there is none';
COMMENT ON COLUMN ledger.credit_grants_v1.actor IS 'Who made it: key:<id>, token:<subject>, system:<process> or cli:<user>';
COMMENT ON COLUMN ledger.credit_grants_v1.metadata IS 'The caller''s own fields; {} where there are none';

CREATE TABLE ledger.credit_grants_monthly_v1 (
    partition       smallint NOT NULL,
    organization_id text     COLLATE "C" NOT NULL,
    grant_id        uuid     NOT NULL,
    month           date     NOT NULL,
    added           bigint   NOT NULL,
    used            bigint   NOT NULL,
    expired         bigint   NOT NULL,
    voided          bigint   NOT NULL,
    revoked         bigint   NOT NULL,
    merged          bigint   NOT NULL,
    -- Serves the history of one grant, and the projector's own look-up.
    PRIMARY KEY (partition, organization_id, grant_id, month)
) WITH (fillfactor = 70); -- The row of the current month changes often.

COMMENT ON TABLE ledger.credit_grants_monthly_v1 IS
    'One row a calendar month (UTC) x grant with a cost basis: what moved in it. Summed over a grant''s months: added = remaining + used + expired + voided + revoked + merged';
COMMENT ON COLUMN ledger.credit_grants_monthly_v1.partition IS 'Where the organization''s events are kept; a hash of its id';
COMMENT ON COLUMN ledger.credit_grants_monthly_v1.organization_id IS 'The caller''s own id of the account';
COMMENT ON COLUMN ledger.credit_grants_monthly_v1.grant_id IS 'Id of the grant';
COMMENT ON COLUMN ledger.credit_grants_monthly_v1.month IS 'First day of the month';
COMMENT ON COLUMN ledger.credit_grants_monthly_v1.added IS 'Credits that the grant began with, in the month that it began';
COMMENT ON COLUMN ledger.credit_grants_monthly_v1.used IS
    'Spent, or taken for debt or by adjustments, less what came back to it; as in credit_grants';
COMMENT ON COLUMN ledger.credit_grants_monthly_v1.expired IS 'Ended unused';
COMMENT ON COLUMN ledger.credit_grants_monthly_v1.voided IS 'Ended because the grant was voided';
COMMENT ON COLUMN ledger.credit_grants_monthly_v1.revoked IS
    'Went with the refund or dispute of its purchase, less what was reinstated';
COMMENT ON COLUMN ledger.credit_grants_monthly_v1.merged IS 'Moved into an equal grant; below zero: moved in from one';

SELECT ledger.publish('credit_grants', 1);
SELECT ledger.publish('credit_grants_monthly', 1);
