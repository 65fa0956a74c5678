//! The read side at a glance: positions, lag, sizes and stops, by projector.

use std::sync::Arc;

use domain::Timestamp;
use sqlx::PgPool;

use crate::projector::{Projector, Target};
use crate::projectors;
use crate::standing::{Standing, standings};

/// The log and every projector.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Status {
    pub events: u64,
    /// The last position of each partition.
    pub ends: Vec<u64>,
    /// Of the log with its indexes.
    pub log_bytes: u64,
    pub projectors: Vec<ProjectorStatus>,
}

/// One generation of one projector.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ProjectorStatus {
    pub name: String,
    pub generation: i32,
    pub version: i32,
    /// False while it is being rebuilt.
    pub is_live: bool,
    /// Its checkpoint in each partition.
    pub positions: Vec<u64>,
    /// Of all partitions together.
    pub lag_events: u64,
    /// Of the partition that is furthest behind.
    pub lag_ms: u64,
    /// Of its tables with their indexes.
    pub bytes: u64,
    pub stops: Vec<StopStatus>,
}

/// A place that a projector cannot pass.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StopStatus {
    pub partition: u16,
    pub position: u64,
    pub reason: String,
    /// `None`: only a rebuild helps.
    pub retry_at: Option<Timestamp>,
}

const SELECT_ENDS: &str = "
    SELECT coalesce((
        SELECT e.position FROM store.events e WHERE e.partition = h.partition ORDER BY e.position DESC LIMIT 1), 0)
    FROM store.heads h ORDER BY h.partition";

const SELECT_BYTES: &str = "SELECT coalesce(sum(pg_total_relation_size(to_regclass(t.name))), 0)::bigint
    FROM unnest($1::text[]) AS t (name)";

/// Asks the database for all of it.
///
/// # Errors
/// The database does not answer, or is not migrated.
pub async fn status(pool: &PgPool, now: Timestamp) -> Result<Status, sqlx::Error> {
    let ends: Vec<i64> = sqlx::query_scalar(SELECT_ENDS).fetch_all(pool).await?;
    let ends: Vec<u64> = ends.into_iter().map(i64::unsigned_abs).collect();
    let all = projectors::all();
    let mut projectors: Vec<ProjectorStatus> = Vec::new();
    for standing in standings(pool, now).await? {
        let same =
            |last: &&mut ProjectorStatus| last.name == standing.projector && last.generation == standing.generation;
        match projectors.iter_mut().find(same) {
            Some(known) => known.add(&standing),
            None => {
                let mut fresh = ProjectorStatus::new(&standing);
                fresh.bytes = bytes(pool, &tables(&all, &standing)).await?;
                fresh.add(&standing);
                projectors.push(fresh);
            }
        }
    }
    let log_bytes = bytes(pool, &["store.events".to_owned()]).await?;
    Ok(Status { events: ends.iter().sum(), ends, log_bytes, projectors })
}

async fn bytes(pool: &PgPool, tables: &[String]) -> Result<u64, sqlx::Error> {
    let bytes: i64 = sqlx::query_scalar(SELECT_BYTES).bind(tables).fetch_one(pool).await?;
    Ok(bytes.unsigned_abs())
}

fn tables(all: &[Arc<dyn Projector>], standing: &Standing) -> Vec<String> {
    let projector = all.iter().find(|projector| projector.name() == standing.projector);
    let views = projector.map_or(&[][..], |projector| projector.views());
    views.iter().map(|view| Target::new(standing.generation).table(view)).collect()
}

impl ProjectorStatus {
    fn new(standing: &Standing) -> Self {
        Self {
            name: standing.projector.clone(),
            generation: standing.generation,
            version: standing.version,
            is_live: standing.is_live,
            positions: Vec::new(),
            lag_events: 0,
            lag_ms: 0,
            bytes: 0,
            stops: Vec::new(),
        }
    }

    /// Standings come in the order of their partitions.
    fn add(&mut self, standing: &Standing) {
        self.positions.push(standing.position);
        self.lag_events += standing.lag_events();
        self.lag_ms = self.lag_ms.max(standing.lag_ms());
        self.stops.extend(standing.stop.clone().map(|stop| StopStatus {
            partition: standing.partition,
            position: stop.position,
            reason: stop.reason,
            retry_at: stop.retry_at,
        }));
    }
}
