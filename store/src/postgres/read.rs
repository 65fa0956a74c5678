//! Reads of streams: a state, an entity's events, a page, heads and keys.

use domain::{EntityId, IdempotencyKey, Organization, OrganizationId, Timestamp, evolve};
use sqlx::{FromRow, PgConnection, Row as _};

use super::answer::answered;
use super::error::of_read;
use super::row::{self, Row, Upcasters, decode_event, event_columns};
use crate::chain::{AGGREGATE_TYPE, ChainHash};
use crate::log::{AppendCommand, HeadAndKey, Loaded, LogError};
use crate::record::RecordedEvent;
use crate::snapshot::{self, SNAPSHOT_VERSION};

/// Events that a load holds in memory at once: a tail is shorter, unless its snapshot had to be ignored.
const TAIL_PAGE: i64 = 1_000;

/// One snapshot, if it fits the log and this code, and the due time.
const SELECT_SNAPSHOT: &str = "
    SELECT s.sequence, s.chain_hash, s.payload, d.due_at
    FROM (SELECT $1::smallint AS partition, $2::text AS organization) o
    LEFT JOIN store.snapshots s
        ON s.partition = o.partition AND s.aggregate_id = o.organization AND s.version = $4
       AND s.chain_hash = (
               SELECT e.chain_hash FROM store.events e
               WHERE e.partition = s.partition AND e.aggregate_type = $3 AND e.aggregate_id = s.aggregate_id
                 AND e.sequence = s.sequence
           )
    LEFT JOIN store.due d ON d.partition = o.partition AND d.organization = o.organization";

const SELECT_TAIL: &str = "
    SELECT e.sequence, e.event_type, e.event_version, e.payload::text, e.chain_hash
    FROM store.events e
    WHERE e.partition = $1 AND e.aggregate_type = $2 AND e.aggregate_id = $3 AND e.sequence > $4
    ORDER BY e.sequence LIMIT $5";

const SELECT_ENTITY: &str = concat!(
    "SELECT ",
    event_columns!(),
    " FROM store.events e
      WHERE e.partition = $1 AND e.aggregate_id = $2 AND e.entity_id = $3 AND e.sequence <= $4
      ORDER BY e.sequence"
);

const SELECT_STREAM: &str = concat!(
    "SELECT ",
    event_columns!(),
    " FROM store.events e
      WHERE e.partition = $1 AND e.aggregate_type = $2 AND e.aggregate_id = $3 AND e.sequence > $4
      ORDER BY e.sequence LIMIT $5"
);

/// LIMIT 1 keeps each look-up a probe of its index, however many are asked.
const SELECT_HEADS_AND_KEYS: &str = concat!(
    "SELECT a.n AS asked, coalesce(h.sequence, 0) AS head, c.*
     FROM unnest($3::text[], $4::text[]) WITH ORDINALITY AS a (organization, key, n)
     LEFT JOIN LATERAL (
         SELECT e.sequence FROM store.events e
         WHERE e.partition = $1 AND e.aggregate_type = $2 AND e.aggregate_id = a.organization
         ORDER BY e.sequence DESC LIMIT 1
     ) h ON true
     LEFT JOIN LATERAL (
         SELECT e.sequence AS first, e.sequence + e.command_count AS behind FROM store.events e
         WHERE e.partition = $1 AND e.aggregate_id = a.organization AND e.idempotency_key = a.key LIMIT 1
     ) k ON true
     LEFT JOIN LATERAL (
         SELECT ",
    event_columns!(),
    "    FROM store.events e
         WHERE e.partition = $1 AND e.aggregate_type = $2 AND e.aggregate_id = a.organization
           AND e.sequence >= k.first AND e.sequence < k.behind
         ORDER BY e.sequence
     ) c ON true
     ORDER BY a.n, c.sequence"
);

/// A command can only stand right behind its expected sequence. Known by its hash, not by its id: another node makes the
/// same id of the same key, and what it has decided is not this append.
const SELECT_APPENDED: &str = "
    SELECT e.position
    FROM unnest($3::text[], $4::bigint[], $5::bytea[]) WITH ORDINALITY AS a (organization, expected, chain_hash, n)
    LEFT JOIN LATERAL (
        SELECT e.position FROM store.events e
        WHERE e.partition = $1 AND e.aggregate_type = $2 AND e.aggregate_id = a.organization
          AND e.sequence = a.expected + 1 AND e.chain_hash = a.chain_hash LIMIT 1
    ) e ON true
    ORDER BY a.n";

pub(super) async fn load(
    connection: &mut PgConnection,
    partition: u16,
    organization: &OrganizationId,
    upcasters: &Upcasters,
) -> Result<Loaded, LogError> {
    let mut loaded = load_snapshot(connection, partition, organization).await?;
    loop {
        let page: Vec<TailRow> = answered(
            sqlx::query_as(SELECT_TAIL)
                .bind(small(partition)?)
                .bind(AGGREGATE_TYPE)
                .bind(organization.as_str())
                .bind(long(loaded.sequence))
                .bind(TAIL_PAGE)
                .fetch_all(&mut *connection),
        )
        .await?;
        let is_last = page.len() < usize::try_from(TAIL_PAGE).unwrap_or(usize::MAX);
        for row in page {
            fold(&mut loaded, organization, &row, upcasters)?;
        }
        if is_last {
            return Ok(loaded);
        }
    }
}

type SnapshotRow = (Option<i64>, Option<Vec<u8>>, Option<String>, Option<Timestamp>);
type TailRow = (i64, String, String, String, Vec<u8>);

async fn load_snapshot(
    connection: &mut PgConnection,
    partition: u16,
    organization: &OrganizationId,
) -> Result<Loaded, LogError> {
    let (sequence, chain_hash, payload, due_at): SnapshotRow = answered(
        sqlx::query_as(SELECT_SNAPSHOT)
            .bind(small(partition)?)
            .bind(organization.as_str())
            .bind(AGGREGATE_TYPE)
            .bind(SNAPSHOT_VERSION)
            .fetch_one(connection),
    )
    .await?;
    let nothing = Loaded { due_at, ..Loaded::default() };
    let (Some(sequence), Some(chain_hash), Some(payload)) = (sequence, chain_hash, payload) else {
        return Ok(nothing);
    };
    let state: Option<Organization> = snapshot::decode(&payload);
    let (Some(state), Some(chain_hash), Ok(sequence)) = (state, row::hash(&chain_hash), u64::try_from(sequence)) else {
        tracing::warn!(%organization, sequence, "ignoring a snapshot that does not decode");
        return Ok(nothing);
    };
    Ok(Loaded {
        state,
        sequence,
        chain_hash,
        snapshot_sequence: sequence,
        snapshot_bytes: payload.len(),
        event_bytes_since: 0,
        due_at,
    })
}

fn fold(
    loaded: &mut Loaded,
    organization: &OrganizationId,
    (sequence, event_type, event_version, payload, chain_hash): &TailRow,
    upcasters: &Upcasters,
) -> Result<(), LogError> {
    let corrupt = |what: String| LogError::Corrupt(format!("organization {organization}, sequence {sequence}: {what}"));
    if *sequence != long(loaded.sequence) + 1 {
        return Err(corrupt(format!("it follows sequence {}", loaded.sequence)));
    }
    let event = decode_event(event_type, event_version, payload, upcasters).map_err(|e| corrupt(e.to_string()))?;
    let chain_hash: ChainHash = row::hash(chain_hash).ok_or_else(|| corrupt("the chain hash is too short".into()))?;
    evolve(&mut loaded.state, &event);
    loaded.sequence += 1;
    loaded.chain_hash = chain_hash;
    loaded.event_bytes_since += payload.len();
    Ok(())
}

pub(super) async fn entity(
    connection: &mut PgConnection,
    partition: u16,
    organization: &OrganizationId,
    entity: EntityId,
    up_to: u64,
    upcasters: &Upcasters,
) -> Result<Vec<RecordedEvent>, LogError> {
    let rows: Vec<Row> = answered(
        sqlx::query_as(SELECT_ENTITY)
            .bind(small(partition)?)
            .bind(organization.as_str())
            .bind(entity)
            .bind(long(up_to))
            .fetch_all(connection),
    )
    .await?;
    rows.into_iter().map(|row| row.recorded(upcasters)).collect()
}

pub(super) async fn stream(
    connection: &mut PgConnection,
    partition: u16,
    organization: &OrganizationId,
    after: u64,
    limit: u32,
    upcasters: &Upcasters,
) -> Result<Vec<RecordedEvent>, LogError> {
    let rows: Vec<Row> = answered(
        sqlx::query_as(SELECT_STREAM)
            .bind(small(partition)?)
            .bind(AGGREGATE_TYPE)
            .bind(organization.as_str())
            .bind(long(after))
            .bind(i64::from(limit))
            .fetch_all(connection),
    )
    .await?;
    rows.into_iter().map(|row| row.recorded(upcasters)).collect()
}

pub(super) async fn heads_and_keys(
    connection: &mut PgConnection,
    partition: u16,
    asked: &[(OrganizationId, Option<IdempotencyKey>)],
    upcasters: &Upcasters,
) -> Result<Vec<Result<HeadAndKey, LogError>>, LogError> {
    let organizations: Vec<&str> = asked.iter().map(|(organization, _)| organization.as_str()).collect();
    let keys: Vec<Option<String>> = asked.iter().map(|(_, key)| key.as_ref().map(IdempotencyKey::stored)).collect();
    let rows = answered(
        sqlx::query(SELECT_HEADS_AND_KEYS)
            .bind(small(partition)?)
            .bind(AGGREGATE_TYPE)
            .bind(organizations)
            .bind(keys)
            .fetch_all(connection),
    )
    .await?;
    let nothing = || Ok(HeadAndKey { sequence: 0, command: None });
    let mut answers: Vec<Result<HeadAndKey, LogError>> = asked.iter().map(|_| nothing()).collect();
    for row in rows {
        let n: i64 = row.try_get("asked").map_err(of_read)?;
        let head: i64 = row.try_get("head").map_err(of_read)?;
        let found: Option<i64> = row.try_get("sequence").map_err(of_read)?;
        let answer = usize::try_from(n - 1).ok().and_then(|n| answers.get_mut(n));
        let answer = answer.ok_or_else(|| LogError::Corrupt(format!("answer {n} was not asked for")))?;
        let Ok(known) = answer else { continue };
        known.sequence = u64::try_from(head).unwrap_or(0);
        if found.is_none() {
            continue;
        }
        match Row::from_row(&row).map_err(of_read).and_then(|row| row.recorded(upcasters)) {
            Ok(event) => known.command.get_or_insert_default().push(event),
            Err(error) => *answer = Err(error),
        }
    }
    Ok(answers)
}

/// The position of each command of a batch that is in the log; the caller holds the head lock.
pub(super) async fn appended(
    connection: &mut PgConnection,
    partition: u16,
    batch: &[AppendCommand],
) -> Result<Vec<Option<u64>>, LogError> {
    let organizations: Vec<&str> = batch.iter().map(|command| command.organization.as_str()).collect();
    let expected: Vec<i64> = batch.iter().map(|command| long(command.expected_sequence)).collect();
    let hashes: Vec<Option<&[u8]>> =
        batch.iter().map(|command| command.events.first().map(|event| event.chain_hash.as_slice())).collect();
    let positions: Vec<Option<i64>> = answered(
        sqlx::query_scalar(SELECT_APPENDED)
            .bind(small(partition)?)
            .bind(AGGREGATE_TYPE)
            .bind(organizations)
            .bind(expected)
            .bind(hashes)
            .fetch_all(connection),
    )
    .await?;
    Ok(positions.into_iter().map(|position| position.and_then(|p| u64::try_from(p).ok())).collect())
}

/// A partition as PostgreSQL's `smallint`.
pub(super) fn small(partition: u16) -> Result<i16, LogError> {
    i16::try_from(partition).map_err(|error| LogError::Rejected(Box::new(error)))
}

/// A bound of a read; past the end of `bigint` it is the end.
pub(super) fn long(number: u64) -> i64 {
    i64::try_from(number).unwrap_or(i64::MAX)
}
