-- Why: the order of the feed. An append takes its positions while it holds its partition's head row, so that within a
-- partition positions are gapless and in commit order, and a reader that follows them can skip nothing.

-- One row a partition, filled once by `migrate --partitions`. Rows are locked FOR UPDATE and never updated: an updated
-- head leaves a dead version for each append, and under one long transaction reading them slows every append.
CREATE TABLE store.heads (
    partition  smallint NOT NULL,
    -- How many partitions there are, on every row: the append reads it with the row that it locks anyway.
    partitions smallint NOT NULL,
    -- Serves the lock of one head.
    CONSTRAINT heads_pkey PRIMARY KEY (partition),
    -- A partition is a remainder of the division by their number.
    CONSTRAINT heads_partition_in_range CHECK (partition >= 0 AND partition < partitions)
);

-- The partition of an organization: the first four bytes of the SHA-256 of its id, big-endian, modulo their number.
-- `domain::OrganizationId::partition` is the same function.
-- STABLE as convert_to is, without which it would not be inlined into the append.
CREATE FUNCTION store.partition_of(organization text, partitions int) RETURNS int
    LANGUAGE sql STABLE PARALLEL SAFE
    RETURN (('x' || substr(encode(sha256(convert_to(organization, 'UTF8')), 'hex'), 1, 8))::bit(32)::bigint
            % partitions)::int;
