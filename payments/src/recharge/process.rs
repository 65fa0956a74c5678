//! The task of a node: notices requests, takes what is due, works at it.

use async_trait::async_trait;

use super::limits::AT_ONCE;
use super::worker::Worker;
use super::{Attempt, Attempts, meters};
use crate::Payments;
use crate::crash::{self, Point};
use crate::process::{COUNT_EVERY, Process, Seldom, Work};

struct Recharging {
    worker: Worker,
    counting: Seldom,
}

/// Inside a Tokio runtime. `return_url`: where customers come back to from a page that they pay on, where their bank
/// wants to see them.
#[must_use]
pub fn start(payments: Payments, return_url: Option<String>) -> Process {
    let attempts = Attempts::new(payments.pool.clone());
    let worker = Worker { payments, attempts, return_url };
    Process::start(Recharging { worker, counting: Seldom::new(COUNT_EVERY) })
}

#[async_trait]
impl Work for Recharging {
    type Item = Attempt;
    const NAME: &'static str = "recharges";
    const AT_ONCE: usize = AT_ONCE;

    async fn claim(&self, room: usize) -> Result<Vec<Attempt>, sqlx::Error> {
        let Worker { payments, attempts, .. } = &self.worker;
        // A node whose clock is wrong could send under a key that the processor has forgotten.
        if payments.ledger.ready().is_err() {
            return Ok(Vec::new());
        }
        let now = payments.clock.now();
        if attempts.notice(now).await? > 0 {
            crash::at(Point::RechargeNoticed);
        }
        if self.counting.is_time(now) {
            let (open, oldest) = attempts.standing().await?;
            meters::standing(open, oldest, now);
        }
        if room == 0 {
            return Ok(Vec::new());
        }
        attempts.claim(now, room).await
    }

    async fn attend(&self, attempt: Attempt) {
        self.worker.work(attempt).await;
    }
}
