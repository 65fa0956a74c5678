//! The task of a node that works at events.

use std::sync::Mutex;

use async_trait::async_trait;
use chrono::TimeDelta;
use domain::Timestamp;

use super::limits::{AT_ONCE, KEPT};
use super::rows::{Claimed, Inbox};
use super::{meters, worker};
use crate::Payments;
use crate::process::{Process, Work};

/// How often old events are looked for.
const REMOVE_EVERY: TimeDelta = TimeDelta::minutes(10);

/// How often the inbox is counted: the count costs as much as there is to do.
const COUNT_EVERY: TimeDelta = TimeDelta::seconds(10);

struct Attending {
    payments: Payments,
    inbox: Inbox,
    /// When old events were last removed.
    removed_at: Mutex<Option<Timestamp>>,
    /// When the inbox was last counted.
    counted_at: Mutex<Option<Timestamp>>,
}

/// Inside a Tokio runtime.
#[must_use]
pub fn start(payments: Payments) -> Process {
    let inbox = Inbox::new(payments.pool.clone());
    Process::start(Attending { payments, inbox, removed_at: Mutex::new(None), counted_at: Mutex::new(None) })
}

#[async_trait]
impl Work for Attending {
    type Item = Claimed;
    const NAME: &'static str = "events of Stripe";
    const AT_ONCE: usize = AT_ONCE;

    async fn claim(&self, room: usize) -> Result<Vec<Claimed>, sqlx::Error> {
        let now = self.payments.clock.now();
        if is_time(&self.removed_at, REMOVE_EVERY, now) {
            self.inbox.remove(now - KEPT).await?;
        }
        if is_time(&self.counted_at, COUNT_EVERY, now) {
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

/// Whether something is due that is done every so often.
fn is_time(done_at: &Mutex<Option<Timestamp>>, every: TimeDelta, now: Timestamp) -> bool {
    let mut done_at = done_at.lock().expect("nothing panics while it is held");
    let is_time = done_at.is_none_or(|at| now - at >= every);
    if is_time {
        *done_at = Some(now);
    }
    is_time
}
