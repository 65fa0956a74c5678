-- Why: how far each read model is. A checkpoint moves in the transaction of the rows that it stands for, so that an
-- event has exactly one effect on them, whatever crashes in between.

CREATE TABLE ledger.checkpoints (
    partition        smallint    NOT NULL,
    projector        text        COLLATE "C" NOT NULL,
    generation       int         NOT NULL,
    version          int         NOT NULL,
    live             boolean     NOT NULL,
    position         bigint      NOT NULL,
    updated_at       timestamptz NOT NULL,
    stopped_position bigint,
    stopped_reason   text,
    stops            int         NOT NULL DEFAULT 0,
    retry_at         timestamptz,
    -- Serves the lock of a partition's checkpoints, which is one range of it.
    CONSTRAINT checkpoints_pkey PRIMARY KEY (partition, projector, generation),
    -- Generations count from the tables that a migration made; positions from the empty log.
    CONSTRAINT checkpoints_from_the_first CHECK (generation >= 1 AND position >= 0),
    -- A stop has a place and a reason, and only a stop is tried again.
    CONSTRAINT checkpoints_stop_is_whole CHECK (
        (stopped_position IS NULL) = (stopped_reason IS NULL) AND (retry_at IS NULL OR stopped_reason IS NOT NULL))
) WITH (fillfactor = 20); -- Room for moved checkpoints to stay in the page, out of the indexes.

-- A projector has one live generation a partition: two swaps at once cannot both win.
CREATE UNIQUE INDEX checkpoints_live ON ledger.checkpoints (partition, projector) WHERE live;

COMMENT ON TABLE ledger.checkpoints IS 'How far each projector has brought its tables, by partition of the log';
COMMENT ON COLUMN ledger.checkpoints.partition IS 'The partition of the log that the rows follow from';
COMMENT ON COLUMN ledger.checkpoints.projector IS 'Name of the projector, as `rebuild` takes it';
COMMENT ON COLUMN ledger.checkpoints.generation IS 'Which tables: ledger.<name>_v<generation>';
COMMENT ON COLUMN ledger.checkpoints.version IS 'Version of the projector that made the rows';
COMMENT ON COLUMN ledger.checkpoints.live IS 'Whether the views read this generation; false while it is being rebuilt';
COMMENT ON COLUMN ledger.checkpoints.position IS 'Last position of the partition whose event is in the tables';
COMMENT ON COLUMN ledger.checkpoints.updated_at IS 'When the checkpoint was last moved or stopped';
COMMENT ON COLUMN ledger.checkpoints.stopped_position IS 'Position that the projector cannot pass; null while it runs';
COMMENT ON COLUMN ledger.checkpoints.stopped_reason IS 'Why it cannot';
COMMENT ON COLUMN ledger.checkpoints.stops IS 'How often in a row it has stopped there';
COMMENT ON COLUMN ledger.checkpoints.retry_at IS 'When it is tried again; null where only a rebuild helps';
