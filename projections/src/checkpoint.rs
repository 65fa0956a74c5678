//! How far each projector is, as `ledger.checkpoints` keeps it.
//!
//! Invariant: a checkpoint moves only from where it was locked (compare-and-set), in the transaction of its rows.
//! Invariant: it says which event it stands behind, not only where: a log that was restored or cut, and has grown again
//! past it, is told from the one that was projected (CORRECTNESS C29).

use domain::Timestamp;
use sqlx::{FromRow, PgConnection, PgPool};

use crate::projector::Projector;

/// One projector's place in one partition.
#[derive(Clone, Debug, PartialEq, Eq, FromRow)]
pub(crate) struct Checkpoint {
    pub(crate) projector: String,
    pub(crate) generation: i32,
    pub(crate) version: i32,
    #[sqlx(try_from = "i64")]
    pub(crate) position: u64,
    pub(crate) is_stopped: bool,
    #[sqlx(try_from = "i32")]
    pub(crate) stops: u32,
    pub(crate) retry_at: Option<Timestamp>,
}

/// Which checkpoints a batch moves.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Generation {
    /// The ones that the views read.
    Live,
    /// The ones that a rebuild makes.
    Next,
}

/// A checkpoint's next value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Move {
    pub(crate) projector: String,
    pub(crate) generation: i32,
    pub(crate) from: u64,
    pub(crate) to: u64,
    /// Of the event at `to`; `None` where the checkpoint does not move.
    pub(crate) chain_hash: Option<[u8; 32]>,
    pub(crate) stop: Option<Stop>,
}

/// Why a projector goes no further, and when it is tried again.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Stop {
    pub(crate) position: u64,
    pub(crate) reason: String,
    pub(crate) stops: u32,
    /// `None`: only a rebuild helps.
    pub(crate) retry_at: Option<Timestamp>,
}

/// A new database has no checkpoints; neither has a projector that a new program brings.
const REGISTER: &str = "
    INSERT INTO ledger.checkpoints (partition, projector, generation, version, live, position, updated_at)
    SELECT h.partition, p.projector, 1, p.version, true, 0, $3
    FROM store.heads h CROSS JOIN unnest($1::text[], $2::int[]) AS p (projector, version)
    WHERE NOT EXISTS (
        SELECT FROM ledger.checkpoints c WHERE c.partition = h.partition AND c.projector = p.projector)
    ON CONFLICT (partition, projector, generation) DO NOTHING";

/// A new program may know what the old one did not.
const RETRY_NOW: &str = "
    UPDATE ledger.checkpoints SET retry_at = $2 WHERE projector = ANY ($1) AND retry_at > $2";

const LOCK: &str = "
    SELECT c.projector, c.generation, c.version, c.position, c.stopped_reason IS NOT NULL AS is_stopped, c.stops,
           c.retry_at
    FROM ledger.checkpoints c
    WHERE c.partition = $1 AND c.projector = ANY ($2) AND c.live = $3
    ORDER BY c.projector, c.generation
    FOR UPDATE SKIP LOCKED";

/// A statement of its own: it sees the log as of after the locks, so that an event which was committed while they were
/// taken is not missed.
const ESTRANGED: &str = "
    SELECT c.projector, c.generation,
           coalesce((SELECT e.position FROM store.events e WHERE e.partition = $1 ORDER BY e.position DESC LIMIT 1), 0)
    FROM ledger.checkpoints c
    WHERE c.partition = $1 AND c.projector = ANY ($2) AND c.live = $3 AND c.position > 0
      AND NOT EXISTS (
          SELECT FROM store.events e
          WHERE e.partition = c.partition AND e.position = c.position AND e.chain_hash = c.chain_hash)";

const MOVE: &str = "
    UPDATE ledger.checkpoints c
    SET position = m.position, chain_hash = coalesce(m.chain_hash, c.chain_hash), updated_at = $2,
        stopped_position = m.stopped_position, stopped_reason = m.stopped_reason, stops = m.stops,
        retry_at = m.retry_at
    FROM unnest($3::text[], $4::int[], $5::bigint[], $6::bigint[], $7::bigint[], $8::text[], $9::int[],
                $10::timestamptz[], $11::bytea[])
        AS m (projector, generation, before, position, stopped_position, stopped_reason, stops, retry_at, chain_hash)
    WHERE c.partition = $1 AND c.projector = m.projector AND c.generation = m.generation AND c.position = m.before";

/// Makes the checkpoints that are missing, and lets stopped projectors try again at once.
pub(crate) async fn register<'a>(
    pool: &PgPool,
    projectors: impl Iterator<Item = &'a dyn Projector>,
    now: Timestamp,
) -> Result<(), sqlx::Error> {
    let (names, versions): (Vec<&str>, Vec<i32>) = projectors.map(|p| (p.name(), p.version())).unzip();
    sqlx::query(REGISTER).bind(&names).bind(versions).bind(now).execute(pool).await?;
    sqlx::query(RETRY_NOW).bind(names).bind(now).execute(pool).await?;
    Ok(())
}

/// Locks what no other node holds, until the transaction ends.
pub(crate) async fn lock(
    connection: &mut PgConnection,
    partition: u16,
    projectors: &[&'static str],
    generation: Generation,
) -> Result<Vec<Checkpoint>, sqlx::Error> {
    sqlx::query_as(LOCK)
        .bind(i32::from(partition))
        .bind(projectors)
        .bind(generation == Generation::Live)
        .fetch_all(connection)
        .await
}

/// Those whose event is not the one that the log has at their position.
#[derive(Debug, Default)]
pub(crate) struct Estranged(Vec<(String, i32, i64)>);

impl Estranged {
    /// The end of the partition, where the checkpoint is one of them.
    pub(crate) fn end(&self, checkpoint: &Checkpoint) -> Option<u64> {
        let is_it = |(projector, generation, _): &&(String, i32, i64)| {
            *projector == checkpoint.projector && *generation == checkpoint.generation
        };
        self.0.iter().find(is_it).map(|(_, _, end)| end.unsigned_abs())
    }
}

/// Compares checkpoints that this transaction has locked with the log.
pub(crate) async fn estranged(
    connection: &mut PgConnection,
    partition: u16,
    projectors: &[&'static str],
    generation: Generation,
) -> Result<Estranged, sqlx::Error> {
    let query = sqlx::query_as(ESTRANGED).bind(i32::from(partition)).bind(projectors);
    Ok(Estranged(query.bind(generation == Generation::Live).fetch_all(connection).await?))
}

/// Moves checkpoints that this transaction has locked.
pub(crate) async fn advance(
    connection: &mut PgConnection,
    partition: u16,
    moves: &[Move],
    now: Timestamp,
) -> Result<(), sqlx::Error> {
    let stop = |a_move: &Move| a_move.stop.clone();
    let moved = sqlx::query(MOVE)
        .bind(i32::from(partition))
        .bind(now)
        .bind(moves.iter().map(|m| m.projector.as_str()).collect::<Vec<_>>())
        .bind(moves.iter().map(|m| m.generation).collect::<Vec<_>>())
        .bind(moves.iter().map(|m| m.from.cast_signed()).collect::<Vec<_>>())
        .bind(moves.iter().map(|m| m.to.cast_signed()).collect::<Vec<_>>())
        .bind(moves.iter().map(|m| stop(m).map(|stop| stop.position.cast_signed())).collect::<Vec<_>>())
        .bind(moves.iter().map(|m| stop(m).map(|stop| stop.reason)).collect::<Vec<_>>())
        .bind(moves.iter().map(|m| stop(m).map_or(0, |stop| stop.stops.cast_signed())).collect::<Vec<_>>())
        .bind(moves.iter().map(|m| stop(m).and_then(|stop| stop.retry_at)).collect::<Vec<_>>())
        .bind(moves.iter().map(|m| m.chain_hash.map(Vec::from)).collect::<Vec<_>>())
        .execute(connection)
        .await?;
    if moved.rows_affected() != moves.len() as u64 {
        // Impossible while the rows are locked; if it were not, the rows of this batch must not stay.
        return Err(sqlx::Error::Protocol("a checkpoint was moved by somebody who did not hold its lock".to_owned()));
    }
    Ok(())
}
