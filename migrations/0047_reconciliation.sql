-- Why: a webhook may be lost for good. What Stripe lists, and what is still open here, is asked for from time to time; how
-- far that has come has to survive restarts, and one node is enough for it.

CREATE TABLE payments.reconciliations (
    name       text        COLLATE "C" NOT NULL,
    covered_to timestamptz NOT NULL,
    next_at    timestamptz NOT NULL,
    ran_at     timestamptz,
    seen       bigint      NOT NULL DEFAULT 0,
    missed     bigint      NOT NULL DEFAULT 0,
    unsettled  bigint      NOT NULL DEFAULT 0,
    -- One row a kind of reconciliation.
    CONSTRAINT reconciliations_pkey PRIMARY KEY (name),
    CONSTRAINT reconciliations_name CHECK (name IN ('events', 'payments'))
);

INSERT INTO payments.reconciliations (name, covered_to, next_at) VALUES
    ('events', '-infinity', '-infinity'), ('payments', '-infinity', '-infinity');

COMMENT ON TABLE payments.reconciliations IS 'How far what Stripe lists has been compared with what we know';
COMMENT ON COLUMN payments.reconciliations.name IS 'events (all that happened, into the inbox) or payments (each against the log)';
COMMENT ON COLUMN payments.reconciliations.covered_to IS 'Nothing before this is missing, by Stripe''s clock; -infinity: it never ran';
COMMENT ON COLUMN payments.reconciliations.next_at IS 'When it runs next; whoever runs it moves this ahead first';
COMMENT ON COLUMN payments.reconciliations.ran_at IS 'When it last came to its end';
COMMENT ON COLUMN payments.reconciliations.seen IS 'What the last run looked at';
COMMENT ON COLUMN payments.reconciliations.missed IS 'What of that we had not known';
COMMENT ON COLUMN payments.reconciliations.unsettled IS 'What of that a person has to look at';

ALTER TABLE payments.checkouts
    ADD COLUMN settled boolean NOT NULL DEFAULT false,
    ADD COLUMN look_at timestamptz NOT NULL DEFAULT '-infinity';

COMMENT ON COLUMN payments.checkouts.settled IS 'Whether nothing more can come of its page';
COMMENT ON COLUMN payments.checkouts.look_at IS 'When its page is looked at next; whoever looks moves this ahead first';

-- Serves the search for pages that may have been paid without our hearing of it; settled ones, nearly all, are not in it.
CREATE INDEX checkouts_open ON payments.checkouts (look_at) WHERE session_id IS NOT NULL AND NOT settled;
-- Serves the audit: what was booked since a time is looked up at Stripe.
CREATE INDEX payments_noted ON payments.payments (noted_at);
