-- Why: a position is not an event. A log that was restored or cut, and has grown again past a checkpoint, holds other
-- events there; a projector that went on would mix the rows of two histories without a word. So a checkpoint keeps the
-- chain hash of the event that it stands behind, which says all of that event and of its stream before it.

ALTER TABLE ledger.checkpoints ADD COLUMN chain_hash bytea;

UPDATE ledger.checkpoints c SET chain_hash = (
    SELECT e.chain_hash FROM store.events e WHERE e.partition = c.partition AND e.position = c.position);

-- Before the first event there is none; a hash is a SHA-256.
ALTER TABLE ledger.checkpoints ADD CONSTRAINT checkpoints_hash_of_an_event
    CHECK (chain_hash IS NULL OR (position > 0 AND octet_length(chain_hash) = 32));

COMMENT ON COLUMN ledger.checkpoints.chain_hash IS
    'Chain hash of the event at position, as it was projected; NULL before the first';
