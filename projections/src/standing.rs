//! How far every projector is behind the log: one statement for all partitions (CORRECTNESS C28).

use std::time::Duration;

use domain::Timestamp;
use sqlx::{FromRow, PgPool};

/// One projector's place in one partition, and the partition's end, seen at the same moment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Standing {
    pub projector: String,
    pub partition: u16,
    pub generation: i32,
    pub version: i32,
    /// Whether the views read this generation.
    pub is_live: bool,
    pub position: u64,
    /// Whether the log has another event at its position than the one that was projected.
    pub is_estranged: bool,
    /// The partition's last position.
    pub end: u64,
    /// How long the oldest event that is not projected has been in the log.
    pub lag: Duration,
    pub stop: Option<StopView>,
}

/// Why a projector goes no further.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StopView {
    pub position: u64,
    pub reason: String,
    /// `None`: only a rebuild helps.
    pub retry_at: Option<Timestamp>,
}

impl Standing {
    #[must_use]
    pub fn lag_events(&self) -> u64 {
        self.end.saturating_sub(self.position)
    }

    #[must_use]
    pub fn lag_ms(&self) -> u64 {
        u64::try_from(self.lag.as_millis()).unwrap_or(u64::MAX)
    }

    /// Whether a batch would find something to do.
    pub(crate) fn wants_a_batch(&self, now: Timestamp) -> bool {
        match &self.stop {
            None => self.position != self.end || self.is_estranged,
            Some(stop) => stop.retry_at.is_some_and(|at| at <= now),
        }
    }
}

/// ORDER BY and LIMIT 1 keep each look-up a probe of its index while the table is too young for statistics, in sessions
/// that rather do not sort (`runner::pool`).
const SELECT: &str = "
    SELECT c.projector, c.partition, c.generation, c.version, c.live, c.position, coalesce(l.position, 0) AS last,
           c.position > 0 AND p.chain_hash IS DISTINCT FROM c.chain_hash AS is_estranged,
           n.recorded_at AS waiting_since, c.stopped_position, c.stopped_reason, c.retry_at
    FROM ledger.checkpoints c
    LEFT JOIN LATERAL (
        SELECT e.position FROM store.events e WHERE e.partition = c.partition ORDER BY e.position DESC LIMIT 1
    ) l ON true
    LEFT JOIN LATERAL (
        SELECT e.chain_hash FROM store.events e
        WHERE e.partition = c.partition AND e.position = c.position ORDER BY e.position LIMIT 1
    ) p ON true
    LEFT JOIN LATERAL (
        SELECT e.recorded_at FROM store.events e
        WHERE e.partition = c.partition AND e.position > c.position ORDER BY e.position LIMIT 1
    ) n ON true
    ORDER BY c.projector, c.partition, c.generation";

#[derive(FromRow)]
struct Row {
    projector: String,
    #[sqlx(try_from = "i16")]
    partition: u16,
    generation: i32,
    version: i32,
    live: bool,
    #[sqlx(try_from = "i64")]
    position: u64,
    #[sqlx(try_from = "i64")]
    last: u64,
    is_estranged: bool,
    waiting_since: Option<Timestamp>,
    stopped_position: Option<i64>,
    stopped_reason: Option<String>,
    retry_at: Option<Timestamp>,
}

/// Every checkpoint, with the end of its partition.
///
/// # Errors
/// The database does not answer.
pub async fn standings(pool: &PgPool, now: Timestamp) -> Result<Vec<Standing>, sqlx::Error> {
    let rows: Vec<Row> = sqlx::query_as(SELECT).fetch_all(pool).await?;
    Ok(rows.into_iter().map(|row| row.standing(now)).collect())
}

impl Row {
    fn standing(self, now: Timestamp) -> Standing {
        let stop = self.stopped_position.zip(self.stopped_reason);
        Standing {
            projector: self.projector,
            partition: self.partition,
            generation: self.generation,
            version: self.version,
            is_live: self.live,
            position: self.position,
            is_estranged: self.is_estranged,
            end: self.last,
            lag: self.waiting_since.and_then(|since| (now - since).to_std().ok()).unwrap_or_default(),
            stop: stop.map(|(position, reason)| StopView {
                position: position.unsigned_abs(),
                reason,
                retry_at: self.retry_at,
            }),
        }
    }
}
