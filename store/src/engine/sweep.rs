//! Settles organizations that nobody commands, so that read models and alerts are on time too (CORRECTNESS C13).
//!
//! Invariant: a node whose clock is wrong sweeps nothing: it would end grants and holds before their time (CORRECTNESS
//! C12), and keep the lease of those who know the time.
//! Invariant: however many fall due at once, sweepers take a couple of connections and one lock of the head a round.
//! Invariant: the due time in the log is a lower bound; only a sweep that has found the stream's end durable raises it.

use std::future::Future;
use std::sync::{Arc, Weak};

use domain::OrganizationId;
use futures::StreamExt;
use tokio::sync::{OwnedMutexGuard, SemaphorePermit};
use tokio::time::timeout;

use crate::log::DueCorrection;

use super::Engine;
use super::cache::{Lease, Use};
use super::execute::{landed, loadable, loadable_at_once, weigh};
use super::limits::SWEEP_PATIENCE;
use super::slot::Desk;
use super::step::{head_of, judged};

/// Sweeps a partition as long as the engine lives.
pub(super) async fn run(engine: Weak<Engine>, partition: u16) {
    while let Some(engine) = engine.upgrade() {
        let more = engine.sweep(partition).await;
        let pause = engine.limits.sweep_interval;
        drop(engine);
        if !more {
            tokio::time::sleep(pause).await;
        }
    }
}

impl Engine {
    /// Settles what is due; answers whether more is waiting and worth another sweep at once.
    async fn sweep(self: &Arc<Self>, partition: u16) -> bool {
        if self.admit().await.is_err() {
            return false;
        }
        let permits = self.limits.sweep_permits.max(1);
        let limit = u32::try_from(permits).unwrap_or(u32::MAX);
        let Ok(now) = self.health.now(&*self.clock) else { return false };
        let (now, machine_now) = (domain::time::to_micros(now), self.clock.machine_now());
        let due = match self.reading(self.log.due(partition, now, machine_now, limit)).await {
            Ok(due) => due,
            Err(error) => {
                tracing::warn!(partition, %error, "due times cannot be read");
                return false;
            }
        };
        let found = due.len();
        let settled: Vec<DueCorrection> = futures::stream::iter(due)
            .map(|organization| async move { self.sweep_one(organization).await })
            .buffer_unordered(permits)
            .filter_map(std::future::ready)
            .collect()
            .await;
        self.correct_due(partition, &settled).await && !settled.is_empty() && found >= permits
    }

    /// Settles an organization; answers its due time, or `None` where it could not be settled.
    async fn sweep_one(&self, organization: OrganizationId) -> Option<DueCorrection> {
        let lease = self.cache.lease(&organization, Use::Sweep);
        let permit = self.permit(&lease, 1).ok()?;
        let (judged, due_at) = {
            let mut desk = self.locked_to_sweep(&lease).await?;
            self.settle(&lease, &mut desk, &permit).ok()?;
            weigh(&lease, &desk);
            let due_at = head_of(&mut desk).state.next_due();
            (judged(lease.slot(), &mut desk), due_at)
        };
        let sequence = judged.sequence;
        let is_durable = timeout(SWEEP_PATIENCE, landed(&judged.after)).await.unwrap_or(false);
        is_durable.then_some(DueCorrection { organization, sequence, due_at })
    }

    /// As [`Self::locked`]. Who waits for the lock, or for appends to land, has no place among the reads, and who waits for
    /// a place has no lock: an append that is read back may take as long as the database, and a place as long as a sweep.
    async fn locked_to_sweep(&self, lease: &Lease) -> Option<OwnedMutexGuard<Desk>> {
        loop {
            let desk = timeout(SWEEP_PATIENCE, loadable(lease.slot())).await.ok()?;
            if desk.head.is_some() {
                return Some(desk);
            }
            drop(desk);
            let _room = self.room_to_sweep().await;
            if let Some(mut desk) = loadable_at_once(lease.slot()) {
                return self.load(lease, &mut desk).await.ok().map(|()| desk);
            }
        }
    }

    /// Not under the organizations' locks: a command that has come meanwhile makes its correction void by its sequence. One
    /// that is queued behind what was settled tells the log its own due time where that is earlier than this one.
    async fn correct_due(&self, partition: u16, settled: &[DueCorrection]) -> bool {
        if settled.is_empty() {
            return true;
        }
        let corrected = self.reading(self.log.correct_due(partition, settled)).await;
        corrected.inspect_err(|error| tracing::warn!(partition, %error, "due times cannot be corrected")).is_ok()
    }

    /// One of the few reads that sweepers make at once.
    async fn reading<T>(&self, read: impl Future<Output = T>) -> T {
        let _room = self.room_to_sweep().await;
        read.await
    }

    async fn room_to_sweep(&self) -> SemaphorePermit<'_> {
        self.sweeping.acquire().await.expect("it is never closed")
    }
}
