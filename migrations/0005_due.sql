-- Why: time causes facts (expiries, deadlines) in organizations that nobody calls. The sweeper finds them here.

-- A lower bound of when something of a stream falls due next; lowered by the append, corrected by the sweeper.
CREATE TABLE store.due (
    partition    smallint    NOT NULL,
    organization text        COLLATE "C" NOT NULL,
    due_at       timestamptz NOT NULL,
    -- One bound a stream; serves the append and the load.
    CONSTRAINT due_pkey PRIMARY KEY (partition, organization)
);

-- What is due, oldest first.
CREATE INDEX due_by_time ON store.due (partition, due_at);

-- Who sweeps a partition: one node at a time, until its lease ends. Filled by `migrate --partitions`.
CREATE TABLE store.sweeps (
    partition    smallint    NOT NULL,
    holder       uuid,
    leased_until timestamptz NOT NULL DEFAULT '-infinity',
    -- Serves the lock of one row.
    CONSTRAINT sweeps_pkey PRIMARY KEY (partition)
) WITH (fillfactor = 50); -- Room for renewals to stay in the page, out of the index.
