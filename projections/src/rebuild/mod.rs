//! Making a projector's tables anew from the log, beside the live ones, which are read and written meanwhile
//! (CORRECTNESS C27).
//!
//! Invariant: nobody sees a row of the next generation before it is as far as the live one; a reader never goes back.
//! Invariant: each step can be repeated: a rebuild that was killed goes on where its checkpoints are, unless the log there
//! is another one by now.
//! Absent: renamed tables. The swap replaces views, and gives way to whoever reads them.

mod fill;
mod swap;
mod tables;

use std::sync::Arc;
use std::time::Duration;

use sqlx::postgres::{PgConnectOptions, PgPool};
use store::Clock;
use store::log::LogError;
use store::postgres::Feed;

use crate::batch::{BatchError, Batcher};
use crate::checkpoint::{self, Generation};
use crate::limits::Limits;
use crate::projector::Projector;
use crate::runner;

use fill::Filler;
use tables::Tables;

/// How far a rebuild is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Progress {
    pub phase: Phase,
    /// Of the log as it is now.
    pub events: u64,
    pub total: u64,
}

/// What a rebuild does at the moment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Phase {
    Filling,
    Indexing,
    /// Waiting for readers of the live tables, and keeping up with the log meanwhile.
    Swapping,
}

/// Told of progress again and again.
pub type Report<'a> = &'a (dyn Fn(Progress) + Send + Sync);

/// What was rebuilt.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rebuilt {
    pub generation: i32,
    pub events: u64,
    /// Whether the rebuild went on where one before it was cut off.
    pub resumed: bool,
    /// Whether the tables of before are still read by somebody, and are left to the next rebuild to drop.
    pub leftover: bool,
}

/// Why a rebuild did not end; the live tables are as they were, and the next run goes on.
#[derive(Debug, thiserror::Error)]
pub enum RebuildError {
    #[error("another process is rebuilding it")]
    Busy,
    #[error("the event at position {position} of partition {partition} cannot be projected: {reason}")]
    Stopped { partition: u16, position: u64, reason: String },
    /// Somebody else held or moved their checkpoints.
    #[error(
        "the next tables stand at position {position} of partition {partition}, behind the live ones; run it again"
    )]
    Behind { partition: u16, position: u64 },
    #[error("somebody has been reading the live tables for too long; run it again to swap")]
    SwapBlocked,
    #[error("the database failed")]
    Database(#[from] sqlx::Error),
    #[error("the feed cannot be read")]
    Feed(#[from] LogError),
    #[error("the database did not answer")]
    Unanswered,
}

impl From<BatchError> for RebuildError {
    fn from(error: BatchError) -> Self {
        match error {
            BatchError::Database(error) => Self::Database(error),
            BatchError::Feed(error) => Self::Feed(error),
            BatchError::Unanswered => Self::Unanswered,
        }
    }
}

/// The longest that a swap is tried: twice as long as an analyst's statement may run.
const SWAP_PATIENCE: Duration = Duration::from_secs(600);

/// A rebuild of one projector.
pub struct Rebuild {
    pub options: PgConnectOptions,
    pub projector: Arc<dyn Projector>,
    pub clock: Arc<dyn Clock>,
    pub limits: Limits,
    /// How long the swap gives way to readers before it gives up.
    pub patience: Duration,
}

impl Rebuild {
    #[must_use]
    pub fn new(options: PgConnectOptions, projector: Arc<dyn Projector>, clock: Arc<dyn Clock>) -> Self {
        Self { options, projector, clock, limits: Limits::default(), patience: SWAP_PATIENCE }
    }

    /// Rebuilds and swaps.
    ///
    /// # Errors
    /// [`RebuildError`]; the live tables are untouched.
    pub async fn run(self, report: Report<'_>) -> Result<Rebuilt, RebuildError> {
        // One for the lock of the rebuild itself, one for what is asked beside the batches.
        let connections = u32::try_from(self.limits.at_once).unwrap_or(u32::MAX).saturating_add(2);
        let pool = runner::pool(self.options.clone(), connections);
        let result = self.run_on(&pool, report).await;
        pool.close().await;
        result
    }

    async fn run_on(&self, pool: &PgPool, report: Report<'_>) -> Result<Rebuilt, RebuildError> {
        let now = self.clock.now();
        checkpoint::register(pool, std::iter::once(&*self.projector), now).await?;
        let _only_one = tables::claim(pool, self.projector.name()).await?;
        let (tables, resumed) = Tables::prepare(pool, &*self.projector, now).await?;
        let filler = Filler::new(pool.clone(), self.batcher(), self.limits.at_once, tables.next).await?;
        filler.fill(Phase::Filling, report).await?;
        filler.tell(Phase::Indexing, report).await?;
        tables.index(pool).await?;
        swap::swap(pool, &tables, &filler, self.patience, report).await?;
        let leftover = !tables.drop_others(pool).await?;
        let (events, _) = filler.counted().await?;
        Ok(Rebuilt { generation: tables.next, events, resumed, leftover })
    }

    fn batcher(&self) -> Batcher {
        Batcher {
            projectors: vec![Arc::clone(&self.projector)],
            generation: Generation::Next,
            limit: self.limits.rebuild_batch,
            feed: Feed::default(),
            tails: None,
            clock: Arc::clone(&self.clock),
        }
    }
}
