-- Why: a charge whose answer was lost must be asked for again with the same bytes, by whichever node is alive. So what is
-- asked stands here before it is sent, and stays until its outcome is in the log.

CREATE TABLE payments.recharge_attempts (
    recharge_id     uuid        NOT NULL,
    organization_id text        COLLATE "C" NOT NULL,
    partition       smallint    NOT NULL,
    position        bigint      NOT NULL,
    requested_at    timestamptz NOT NULL,
    is_open         boolean     NOT NULL DEFAULT true,
    -- `json`, not `jsonb`: it is sent again as it was written.
    charge          json,
    sends           int         NOT NULL DEFAULT 0,
    last_sent_at    timestamptz,
    doubts          int         NOT NULL DEFAULT 0,
    intent_id       text        COLLATE "C",
    next_at         timestamptz NOT NULL,
    outcome         text        COLLATE "C",
    problem         text,
    finished_at     timestamptz,
    -- One attempt a request, however many nodes see it.
    CONSTRAINT recharge_attempts_pkey PRIMARY KEY (recharge_id),
    -- Serves the last position that is known of a partition: where the search for new requests goes on.
    CONSTRAINT recharge_attempts_place UNIQUE (partition, position),
    -- Nothing is sent that was not written down before.
    CONSTRAINT recharge_attempts_frozen CHECK (sends = 0 OR (charge IS NOT NULL AND last_sent_at IS NOT NULL)),
    CONSTRAINT recharge_attempts_ended CHECK (is_open = (outcome IS NULL) AND is_open = (finished_at IS NULL))
);

-- Serves the claim of what is due; finished attempts, which are nearly all, are not in it.
CREATE INDEX recharge_attempts_due ON payments.recharge_attempts (next_at) WHERE is_open;

COMMENT ON TABLE payments.recharge_attempts IS 'One row a recharge that was asked for: what was sent to charge it, and what came of it';
COMMENT ON COLUMN payments.recharge_attempts.recharge_id IS 'Of the RechargeRequested event; the key of every request derives from it';
COMMENT ON COLUMN payments.recharge_attempts.organization_id IS 'Whose saved card is charged';
COMMENT ON COLUMN payments.recharge_attempts.partition IS 'Of the event';
COMMENT ON COLUMN payments.recharge_attempts.position IS 'Of the event';
COMMENT ON COLUMN payments.recharge_attempts.requested_at IS 'When the ledger asked; nothing is sent later than 23 hours after it';
COMMENT ON COLUMN payments.recharge_attempts.is_open IS 'Whether somebody has to look at it again';
COMMENT ON COLUMN payments.recharge_attempts.charge IS 'What is asked of the payment processor, fixed before the first try';
COMMENT ON COLUMN payments.recharge_attempts.sends IS 'How often it was sent, always with the same key';
COMMENT ON COLUMN payments.recharge_attempts.last_sent_at IS 'When it was last sent';
COMMENT ON COLUMN payments.recharge_attempts.doubts IS 'Answers in a row that left the outcome unknown';
COMMENT ON COLUMN payments.recharge_attempts.intent_id IS 'The payment at the processor, once it is known';
COMMENT ON COLUMN payments.recharge_attempts.next_at IS 'When it is looked at next; whoever works at it moves this ahead first';
COMMENT ON COLUMN payments.recharge_attempts.outcome IS 'paid, or the failure as in RechargeFailed';
COMMENT ON COLUMN payments.recharge_attempts.problem IS 'What kept it from ending, the last time';
COMMENT ON COLUMN payments.recharge_attempts.finished_at IS 'When its outcome was in the log';
