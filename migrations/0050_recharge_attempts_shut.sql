-- Why: a node that was stopped in the middle, after it had found a card, could write down and send a charge for a request
-- that another node has meanwhile ended for want of one. Who ends a request before anything is sent shuts it first.

ALTER TABLE payments.recharge_attempts
    ADD COLUMN is_shut boolean NOT NULL DEFAULT false,
    -- What will be sent is written down, or never will be.
    ADD CONSTRAINT recharge_attempts_shut CHECK (charge IS NULL OR NOT is_shut);

COMMENT ON COLUMN payments.recharge_attempts.is_shut IS 'Nothing was sent for it, and nothing will be';
