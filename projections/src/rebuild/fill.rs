//! Bringing the next generation's tables up to the log, all partitions at once.

use std::sync::Arc;
use std::time::Duration;

use sqlx::PgConnection;
use sqlx::postgres::PgPool;
use tokio::sync::Semaphore;
use tokio::task::JoinSet;

use super::{Phase, Progress, RebuildError, Report};
use crate::batch::{Batcher, Done};
use crate::limits::REBUILD_ANSWER_MAX;
use crate::runner::partitions;

/// How often progress is told.
const TOLD_EVERY: Duration = Duration::from_millis(200);

/// The events that the next generation has, and those of the log.
const COUNT: &str = "
    SELECT coalesce(sum(c.position), 0)::bigint, coalesce(sum(greatest(l.position, c.position)), 0)::bigint
    FROM ledger.checkpoints c
    LEFT JOIN LATERAL (
        SELECT e.position FROM store.events e WHERE e.partition = c.partition ORDER BY e.position DESC LIMIT 1
    ) l ON true
    WHERE c.projector = $1 AND c.generation = $2";

pub(super) struct Filler {
    pool: PgPool,
    batcher: Arc<Batcher>,
    at_once: usize,
    generation: i32,
    pub(super) partitions: u16,
}

impl Filler {
    pub(super) async fn new(
        pool: PgPool,
        batcher: Batcher,
        at_once: usize,
        generation: i32,
    ) -> Result<Self, sqlx::Error> {
        let partitions = partitions(&pool).await?;
        Ok(Self { pool, batcher: Arc::new(batcher), at_once, generation, partitions })
    }

    /// Projects until every partition's end has been reached.
    pub(super) async fn fill(&self, phase: Phase, report: Report<'_>) -> Result<(), RebuildError> {
        let mut tasks = JoinSet::new();
        let permits = Arc::new(Semaphore::new(self.at_once));
        for partition in 0..self.partitions {
            let (pool, batcher, permits) = (self.pool.clone(), Arc::clone(&self.batcher), Arc::clone(&permits));
            tasks.spawn(async move {
                let _permit = permits.acquire().await.expect("the semaphore is never closed");
                fill_partition(&pool, &batcher, partition).await
            });
        }
        let mut told = tokio::time::interval(TOLD_EVERY);
        loop {
            tokio::select! {
                ended = tasks.join_next() => match ended {
                    // A projector's panic is an event that it cannot project; no other code panics.
                    Some(ended) => ended.expect("a task that fills does not panic")?,
                    None => break,
                },
                _ = told.tick() => self.tell(phase, report).await?,
            }
        }
        Ok(())
    }

    /// One batch of a partition, in the caller's transaction; answers where it got to.
    pub(super) async fn batch(
        &self,
        connection: &mut PgConnection,
        partition: u16,
    ) -> Result<Option<u64>, RebuildError> {
        let done = self.batcher.run(connection, partition).await?;
        moved(partition, done)
    }

    pub(super) async fn tell(&self, phase: Phase, report: Report<'_>) -> Result<(), RebuildError> {
        let (events, total) = self.counted().await?;
        report(Progress { phase, events, total });
        Ok(())
    }

    pub(super) async fn counted(&self) -> Result<(u64, u64), sqlx::Error> {
        let name = self.batcher.projectors.first().map_or("", |projector| projector.name());
        let (events, total): (i64, i64) =
            sqlx::query_as(COUNT).bind(name).bind(self.generation).fetch_one(&self.pool).await?;
        Ok((events.unsigned_abs(), total.unsigned_abs()))
    }
}

async fn fill_partition(pool: &PgPool, batcher: &Batcher, partition: u16) -> Result<(), RebuildError> {
    while moved(partition, batcher.run_within(REBUILD_ANSWER_MAX, pool, partition).await?)?.is_some() {}
    Ok(())
}

/// Where the one checkpoint of a batch got to; a rebuild has no way around an event.
fn moved(partition: u16, done: Done) -> Result<Option<u64>, RebuildError> {
    let Some(a_move) = done.moves.into_iter().next() else { return Ok(None) };
    match a_move.stop {
        Some(stop) => Err(RebuildError::Stopped { partition, position: stop.position, reason: stop.reason }),
        None => Ok(Some(a_move.to)),
    }
}
