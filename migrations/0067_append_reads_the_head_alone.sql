-- Why: the head of a stream was read without a lower bound, and a scan of an index towards lower keys reads all of them
-- that lie on its page before it answers the first: a hundred events of a stream for one. Nothing else is changed.

-- Arrays starting with c_ have one element a command, in the order of the queue; with e_ one an event, in the order of
-- their commands; with s_ one a snapshot. e_command and s_command are ordinals of commands, from 1.
--
-- Answers an outcome (ok, conflict, duplicate, behind) and the position of the first event (0 unless ok) a command.
--
-- VOLATILE under READ COMMITTED: each statement sees what was committed before it began, so that whatever follows the
-- lock sees all of the append before this one. A single statement would check with a snapshot taken before the lock.
-- The settings keep the plans on the indexes while the table is too young for statistics.
CREATE OR REPLACE FUNCTION store.append(
    p_partition smallint,
    c_organization text[], c_expected bigint[], c_count int[], c_key text[], c_due_at timestamptz[],
    e_command int[], e_organization text[], e_sequence bigint[], e_event_id uuid[], e_type text[], e_version text[],
    e_command_id uuid[], e_index int[], e_count int[], e_entity_id uuid[], e_occurred_at timestamptz[],
    e_recorded_at timestamptz[], e_key text[], e_request_hash bytea[], e_payload text[], e_metadata text[],
    e_chain_hash bytea[],
    s_command int[], s_organization text[], s_sequence bigint[], s_version text[], s_chain_hash bytea[],
    s_recorded_at timestamptz[], s_payload text[],
    OUT outcomes text[], OUT positions bigint[]
)
    LANGUAGE plpgsql VOLATILE
    SET enable_seqscan = off
    SET enable_bitmapscan = off
    SET plan_cache_mode = force_generic_plan
AS $$
DECLARE
    total    smallint;
    last     bigint;
    stranger text;
BEGIN
    total := store.lock_head(p_partition);

    SELECT o.id INTO stranger FROM unnest(c_organization) AS o (id)
    WHERE store.partition_of(o.id, total) <> p_partition LIMIT 1;
    IF FOUND THEN
        RAISE EXCEPTION 'organization % does not belong to partition %', stranger, p_partition
            USING ERRCODE = 'invalid_parameter_value';
    END IF;

    -- Not max(): a table without statistics may have its whole partition read for that.
    SELECT coalesce((
        SELECT e.position FROM store.events e WHERE e.partition = p_partition ORDER BY e.position DESC LIMIT 1
    ), 0) INTO last;

    WITH command AS (
        SELECT u.n, u.organization, u.expected, u.count, u.key
        FROM unnest(c_organization, c_expected, c_count, c_key)
             WITH ORDINALITY AS u (organization, expected, count, key, n)
    ), head AS (
        -- A stream that ends before all that is expected of it counts as empty here: its first command is in conflict
        -- either way, and the others stand behind it.
        SELECT s.organization, coalesce(e.sequence, 0) AS sequence
        FROM (SELECT c.organization, min(c.expected) AS least FROM command c GROUP BY c.organization) s
        LEFT JOIN LATERAL (
            SELECT e.sequence FROM store.events e
            WHERE e.partition = p_partition AND e.aggregate_type = 'organization' AND e.aggregate_id = s.organization
              AND e.sequence >= s.least
            ORDER BY e.sequence DESC LIMIT 1
        ) e ON true
    ), judged AS (
        SELECT c.n, c.organization, c.count,
               CASE
                   WHEN c.key IS NOT NULL AND (
                       row_number() OVER (PARTITION BY c.organization, c.key ORDER BY c.n) > 1
                       OR (SELECT true FROM store.events e
                           WHERE e.partition = p_partition AND e.aggregate_id = c.organization
                             AND e.idempotency_key = c.key LIMIT 1)
                   ) THEN 'duplicate'
                   WHEN c.expected <> h.sequence + coalesce(sum(c.count) OVER (
                       PARTITION BY c.organization ORDER BY c.n ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING
                   ), 0) THEN 'conflict'
                   ELSE 'ok'
               END AS own
        FROM command c JOIN head h USING (organization)
    ), outcome AS (
        SELECT j.n, j.count,
               CASE WHEN j.n > min(j.n) FILTER (WHERE j.own <> 'ok') OVER (PARTITION BY j.organization)
                   THEN 'behind' ELSE j.own END AS outcome
        FROM judged j
    ), placed AS (
        SELECT o.n, o.outcome,
               CASE WHEN o.outcome = 'ok' THEN last + 1 + coalesce(sum(o.count) FILTER (WHERE o.outcome = 'ok') OVER (
                   ORDER BY o.n ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING
               ), 0) ELSE 0 END::bigint AS position
        FROM outcome o
    )
    SELECT array_agg(p.outcome ORDER BY p.n), array_agg(p.position ORDER BY p.n) INTO outcomes, positions
    FROM placed p;

    INSERT INTO store.events (
        partition, position, aggregate_type, aggregate_id, sequence, event_id, event_type, event_version, command_id,
        command_index, command_count, entity_id, occurred_at, recorded_at, idempotency_key, request_hash, payload,
        metadata, chain_hash
    )
    SELECT p_partition, positions[u.command] + u.index, 'organization', u.organization, u.sequence, u.event_id, u.type,
           u.version, u.command_id, u.index, u.count, u.entity_id, u.occurred_at, u.recorded_at, u.key, u.request_hash,
           u.payload::json, u.metadata::json, u.chain_hash
    FROM unnest(
        e_command, e_organization, e_sequence, e_event_id, e_type, e_version, e_command_id, e_index, e_count,
        e_entity_id, e_occurred_at, e_recorded_at, e_key, e_request_hash, e_payload, e_metadata, e_chain_hash
    ) AS u (
        command, organization, sequence, event_id, type, version, command_id, index, count, entity_id, occurred_at,
        recorded_at, key, request_hash, payload, metadata, chain_hash
    )
    WHERE positions[u.command] > 0;

    IF cardinality(s_command) > 0 THEN
        PERFORM store.put_snapshots(
            p_partition, positions, s_command, s_organization, s_sequence, s_version, s_chain_hash, s_recorded_at,
            s_payload
        );
    END IF;

    IF array_remove(c_due_at, NULL) <> '{}' THEN
        INSERT INTO store.due AS known (partition, organization, due_at)
        SELECT p_partition, u.organization, min(u.due_at)
        FROM unnest(c_organization, c_due_at, positions) AS u (organization, due_at, position)
        WHERE u.due_at IS NOT NULL AND u.position > 0
        GROUP BY u.organization
        ON CONFLICT ON CONSTRAINT due_pkey
            DO UPDATE SET due_at = excluded.due_at WHERE excluded.due_at < known.due_at;
    END IF;
END
$$;
