//! Settles organizations that nobody commands, so that read models and alerts are on time too (CORRECTNESS C13).
//!
//! Invariant: a node whose clock is wrong sweeps nothing: it would end grants and holds before their time (CORRECTNESS
//! C12), and keep the lease of those who know the time.
//! Invariant: the due time in the log is a lower bound; only a sweep that has found the stream's end durable raises it.

use std::sync::{Arc, Weak};

use domain::{OrganizationId, Timestamp};
use futures::StreamExt;

use super::Engine;
use super::cache::Use;
use super::execute::{landed, weigh};
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
        let due = match self.log.due(partition, now, machine_now, limit).await {
            Ok(due) => due,
            Err(error) => {
                tracing::warn!(partition, %error, "due times cannot be read");
                return false;
            }
        };
        let full = due.len() >= permits;
        let swept = futures::stream::iter(due)
            .map(|organization| async move { self.sweep_one(&organization).await })
            .buffer_unordered(permits)
            .fold(true, |all, one| async move { all && one });
        swept.await && full
    }

    /// Whether the organization is settled and its due time put right.
    async fn sweep_one(&self, organization: &OrganizationId) -> bool {
        let lease = self.cache.lease(organization, Use::Sweep);
        let Ok(permit) = self.permit(&lease, 1) else { return false };
        let (judged, next) = {
            let Ok(mut desk) = self.locked(&lease).await else { return false };
            if self.settle(&lease, &mut desk, &permit).is_err() {
                return false;
            }
            weigh(&lease, &desk);
            let head = head_of(&mut desk);
            let next: Option<Timestamp> = head.state.next_due();
            (judged(lease.slot(), &mut desk), next)
        };
        if !landed(&judged.after).await {
            return false;
        }
        // Not under the lock: a command that has come meanwhile makes the correction void by its sequence. It has told
        // the log its own due time where that is earlier than what it knew the log to have, and the log keeps that.
        match self.log.correct_due(organization, judged.sequence, next).await {
            Ok(()) => true,
            Err(error) => {
                tracing::warn!(%organization, %error, "the due time cannot be corrected");
                false
            }
        }
    }
}
