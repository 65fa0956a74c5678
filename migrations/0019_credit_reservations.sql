-- Why: holds on credits move no balance, so they are not in credit_transactions; people look for them here.

CREATE TABLE ledger.credit_reservations_v1 (
    partition        smallint    NOT NULL,
    organization_id  text        COLLATE "C" NOT NULL,
    reservation_id   uuid        NOT NULL,
    sequence         bigint      NOT NULL,
    last_sequence    bigint      NOT NULL,
    amount           bigint      NOT NULL,
    overdraft_held   bigint      NOT NULL,
    confirmed_amount bigint,
    shortfall        bigint,
    created_at       timestamptz NOT NULL,
    expires_at       timestamptz NOT NULL,
    ended_at         timestamptz,
    status           text        COLLATE "C" NOT NULL,
    over_policy      text        COLLATE "C" NOT NULL,
    over_max_amount  bigint,
    operation        text        COLLATE "C",
    subject          text        COLLATE "C",
    description      text,
    reference_type   text        COLLATE "C",
    reference_id     text        COLLATE "C",
    quantities       jsonb       NOT NULL,
    dimensions       jsonb       NOT NULL,
    actor            text        COLLATE "C" NOT NULL,
    metadata         jsonb       NOT NULL,
    -- Serves one reservation of an organization, and the projector's own look-up.
    PRIMARY KEY (partition, organization_id, reservation_id),
    -- The documented list.
    CONSTRAINT credit_reservations_status_known CHECK (status IN ('pending', 'confirmed', 'cancelled', 'expired'))
) WITH (fillfactor = 80); -- A row changes once, when the reservation ends.

-- Pages of an organization, newest first.
CREATE INDEX credit_reservations_v1_newest ON ledger.credit_reservations_v1 (organization_id, sequence, reservation_id);

-- Open ones of an organization, newest first: few among many that have ended.
CREATE INDEX credit_reservations_v1_pending
    ON ledger.credit_reservations_v1 (organization_id, sequence, reservation_id) WHERE status = 'pending';

COMMENT ON TABLE ledger.credit_reservations_v1 IS 'One row a reservation: credits held for work in progress, and how it ended';
COMMENT ON COLUMN ledger.credit_reservations_v1.partition IS 'Where the organization''s events are kept; a hash of its id';
COMMENT ON COLUMN ledger.credit_reservations_v1.organization_id IS 'The caller''s own id of the account';
COMMENT ON COLUMN ledger.credit_reservations_v1.reservation_id IS
    'Id of the reservation, and of the consumption that confirming it makes';
COMMENT ON COLUMN ledger.credit_reservations_v1.sequence IS 'Place of the event that made it in the organization''s stream';
COMMENT ON COLUMN ledger.credit_reservations_v1.last_sequence IS 'Place of the last event that changed it';
COMMENT ON COLUMN ledger.credit_reservations_v1.amount IS 'Credits that were held';
COMMENT ON COLUMN ledger.credit_reservations_v1.overdraft_held IS 'Of them: held below zero';
COMMENT ON COLUMN ledger.credit_reservations_v1.confirmed_amount IS 'Credits that were spent; NULL unless confirmed';
COMMENT ON COLUMN ledger.credit_reservations_v1.shortfall IS
    'Work beyond the hold that nothing paid for; NULL unless confirmed';
COMMENT ON COLUMN ledger.credit_reservations_v1.created_at IS 'When the credits were reserved';
COMMENT ON COLUMN ledger.credit_reservations_v1.expires_at IS 'From this instant on the hold is over';
COMMENT ON COLUMN ledger.credit_reservations_v1.ended_at IS 'When it was confirmed or cancelled, or expired; NULL while pending';
COMMENT ON COLUMN ledger.credit_reservations_v1.status IS 'pending, confirmed, cancelled or expired';
COMMENT ON COLUMN ledger.credit_reservations_v1.over_policy IS
    'What a confirmation above the amount does: reject, take_available or overdraft';
COMMENT ON COLUMN ledger.credit_reservations_v1.over_max_amount IS 'The most that a confirmation may ask for; NULL: no cap of its own';
COMMENT ON COLUMN ledger.credit_reservations_v1.operation IS 'What the work is';
COMMENT ON COLUMN ledger.credit_reservations_v1.subject IS 'Who uses it: an end user or key, as the caller names them';
COMMENT ON COLUMN ledger.credit_reservations_v1.description IS 'The caller''s own words';
COMMENT ON COLUMN ledger.credit_reservations_v1.reference_type IS 'Kind of reference_id';
COMMENT ON COLUMN ledger.credit_reservations_v1.reference_id IS 'The caller''s own record of the work';
COMMENT ON COLUMN ledger.credit_reservations_v1.quantities IS
    'Units of work: those of the reservation, once confirmed those that were used';
COMMENT ON COLUMN ledger.credit_reservations_v1.dimensions IS 'Model, region and the like, as the caller names them';
COMMENT ON COLUMN ledger.credit_reservations_v1.actor IS
    'Who reserved: key:<id>, token:<subject>, system:<process> or cli:<user>';
COMMENT ON COLUMN ledger.credit_reservations_v1.metadata IS 'The caller''s own fields; {} where there are none';

SELECT ledger.publish('credit_reservations', 1);
