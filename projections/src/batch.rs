//! One batch of one partition: lock the checkpoints, read once for all that stand at the same place, apply, move the
//! checkpoints, commit.
//!
//! Invariant: rows and checkpoint are one transaction; whatever crashes, an event has its effect exactly once.
//! Invariant: no snapshot outlives a batch (CORRECTNESS C26): READ COMMITTED, bounded rows and bytes.

use std::sync::Arc;
use std::time::Duration;

use sqlx::{Connection, PgConnection, PgPool};
use store::log::{FeedLimit, FeedPage, LogError};
use store::postgres::Feed;
use store::{Clock, RecordedEvent, Tails};

use crate::apply::{Applied, apply_most};
use crate::checkpoint::{self, Checkpoint, Generation, Move};
use crate::plan::{self, Group};
use crate::projector::{Projector, Target};

/// Why a batch came to nothing; it was rolled back.
#[derive(Debug, thiserror::Error)]
pub enum BatchError {
    #[error("the database failed")]
    Database(#[from] sqlx::Error),
    #[error("the feed cannot be read")]
    Feed(#[from] LogError),
    #[error("the database did not answer")]
    Unanswered,
}

/// What a batch has done.
#[derive(Debug, Default)]
pub(crate) struct Done {
    /// Checkpoints that were moved or stopped.
    pub(crate) moves: Vec<Move>,
    /// Whether there may be more to do at once: the batch ended at its limit, of events or of bytes.
    pub(crate) more: bool,
}

/// What a batch works with.
pub(crate) struct Batcher {
    pub(crate) projectors: Vec<Arc<dyn Projector>>,
    pub(crate) generation: Generation,
    pub(crate) limit: FeedLimit,
    pub(crate) feed: Feed,
    /// `None` in a process that does not write.
    pub(crate) tails: Option<Arc<Tails>>,
    pub(crate) clock: Arc<dyn Clock>,
}

/// What reading the events behind a checkpoint came to.
enum Next {
    Events(FeedPage),
    /// The event there cannot be read.
    Unreadable(String),
    Nothing,
}

impl Batcher {
    /// A batch on a connection of the pool. One that is not answered in time is given up with its connection: the pool
    /// keeps none that does not answer.
    pub(crate) async fn run_within(
        &self,
        patience: Duration,
        pool: &PgPool,
        partition: u16,
    ) -> Result<Done, BatchError> {
        let mut connection = pool.acquire().await?;
        let done = tokio::time::timeout(patience, self.run(&mut connection, partition)).await;
        done.unwrap_or(Err(BatchError::Unanswered))
    }

    /// Brings the partition's checkpoints that nobody else holds one batch further.
    pub(crate) async fn run(&self, connection: &mut PgConnection, partition: u16) -> Result<Done, BatchError> {
        let names: Vec<&'static str> = self.projectors.iter().map(|projector| projector.name()).collect();
        let now = self.clock.now();
        let mut transaction = connection.begin().await?;
        let locked = checkpoint::lock(&mut transaction, partition, &names, self.generation).await?;
        let estranged = checkpoint::estranged(&mut transaction, partition, &names, self.generation).await?;
        let version_of = |name: &str| self.projector(name).map(|projector| projector.version());
        let mut done = Done::default();
        let locked = locked.into_iter().filter_map(|checkpoint| match estranged.end(&checkpoint) {
            None => Some(checkpoint),
            Some(end) => {
                done.moves.extend(stopped_for_good(checkpoint, end));
                None
            }
        });
        for group in plan::groups(locked.collect(), version_of, self.limit.events, now) {
            self.run_group(&mut transaction, partition, group, &mut done).await?;
        }
        if done.moves.is_empty() {
            transaction.rollback().await?;
        } else {
            checkpoint::advance(&mut transaction, partition, &done.moves, now).await?;
            transaction.commit().await?;
        }
        Ok(done)
    }

    async fn run_group(
        &self,
        connection: &mut PgConnection,
        partition: u16,
        group: Group,
        done: &mut Done,
    ) -> Result<(), BatchError> {
        let now = self.clock.now();
        match self.next(connection, partition, &group).await? {
            Next::Nothing => {}
            Next::Events(FeedPage { events, is_cut }) => {
                done.more |= is_cut;
                for member in group.members {
                    let applied = self.apply(connection, &member, &events).await?;
                    let last = applied.events.checked_sub(1).map(|last| events[last].chain_hash);
                    done.moves.push(moved(member, &applied, last, now));
                }
            }
            Next::Unreadable(reason) => {
                let nothing = Applied { events: 0, poisoned: Some(reason) };
                done.moves.extend(group.members.into_iter().map(|member| moved(member, &nothing, None, now)));
            }
        }
        Ok(())
    }

    async fn next(&self, connection: &mut PgConnection, partition: u16, group: &Group) -> Result<Next, BatchError> {
        let limit = FeedLimit { events: group.events_max, ..self.limit };
        let after = group.position;
        if let Some(page) = self.tails.as_ref().and_then(|tails| tails.read(partition, after, limit)) {
            return Ok(Next::Events(page));
        }
        match self.feed.read(connection, partition, after, limit).await {
            Ok(page) if !page.events.is_empty() => Ok(Next::Events(page)),
            Ok(_) => Ok(Next::Nothing),
            Err(LogError::Corrupt(reason)) => Ok(Next::Unreadable(reason)),
            Err(error) => Err(error.into()),
        }
    }

    async fn apply(
        &self,
        connection: &mut PgConnection,
        member: &Checkpoint,
        events: &[Arc<RecordedEvent>],
    ) -> Result<Applied, sqlx::Error> {
        let projector = self.projector(&member.projector).expect("a group has only projectors of this runner");
        apply_most(projector, connection, Target::new(member.generation), events).await
    }

    fn projector(&self, name: &str) -> Option<&dyn Projector> {
        self.projectors.iter().find(|projector| projector.name() == name).map(AsRef::as_ref)
    }
}

/// `chain_hash` is of the last event that was applied.
fn moved(member: Checkpoint, applied: &Applied, chain_hash: Option<[u8; 32]>, now: domain::Timestamp) -> Move {
    let to = member.position + applied.events as u64;
    // The count begins anew where the projector has come further.
    let stops = if to == member.position { member.stops } else { 0 };
    let stop = applied.poisoned.as_ref().map(|reason| plan::stop(to + 1, reason, stops, now));
    let Checkpoint { projector, generation, position: from, .. } = member;
    Move { projector, generation, from, to, chain_hash, stop }
}

/// The stop of a checkpoint that is not of this log, unless it stands already.
fn stopped_for_good(checkpoint: Checkpoint, end: u64) -> Option<Move> {
    let Checkpoint { projector, generation, position, is_stopped, retry_at, .. } = checkpoint;
    let stop = (!is_stopped || retry_at.is_some()).then(|| plan::stop_estranged(position, end))?;
    Some(Move { projector, generation, from: position, to: position, chain_hash: None, stop: Some(stop) })
}
