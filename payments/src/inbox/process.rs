//! The task of a node that works at events.

use async_trait::async_trait;
use chrono::TimeDelta;

use super::limits::{AT_ONCE, KEPT};
use super::rows::{Claimed, Inbox};
use super::{meters, worker};
use crate::Payments;
use crate::process::{COUNT_EVERY, Process, Seldom, Work};

/// How often old events are looked for.
const REMOVE_EVERY: TimeDelta = TimeDelta::minutes(10);

struct Attending {
    payments: Payments,
    inbox: Inbox,
    removing: Seldom,
    counting: Seldom,
}

/// Inside a Tokio runtime.
#[must_use]
pub fn start(payments: Payments) -> Process {
    let inbox = Inbox::new(payments.pool.clone());
    Process::start(Attending {
        payments,
        inbox,
        removing: Seldom::new(REMOVE_EVERY),
        counting: Seldom::new(COUNT_EVERY),
    })
}

#[async_trait]
impl Work for Attending {
    type Item = Claimed;
    const NAME: &'static str = "events of Stripe";
    const AT_ONCE: usize = AT_ONCE;

    async fn claim(&self, room: usize) -> Result<Vec<Claimed>, sqlx::Error> {
        let now = self.payments.clock.now();
        if self.removing.is_time(now) {
            self.inbox.remove(now - KEPT).await?;
        }
        if self.counting.is_time(now) {
            let (pending, oldest, parked) = self.inbox.standing().await?;
            meters::standing(pending, oldest, parked, now);
        }
        if room == 0 {
            return Ok(Vec::new());
        }
        self.inbox.claim(now, room).await
    }

    async fn attend(&self, claimed: Claimed) {
        let id = claimed.event_id.clone();
        if let Err(error) = worker::attend(&self.payments, &self.inbox, claimed).await {
            // The claim ends by itself.
            tracing::warn!(event = id, %error, "what came of an event of Stripe cannot be written down");
        }
    }
}
