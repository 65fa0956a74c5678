//! The task of a node: notices requests, takes what is due, works at it.

use async_trait::async_trait;

use super::limits::AT_ONCE;
use super::worker::Worker;
use super::{Attempt, Attempts, meters};
use crate::Payments;
use crate::process::{Process, Work};

/// Inside a Tokio runtime. `return_url`: where customers come back to from a page that they pay on, where their bank
/// wants to see them.
#[must_use]
pub fn start(payments: Payments, return_url: Option<String>) -> Process {
    let attempts = Attempts::new(payments.pool.clone());
    Process::start(Worker { payments, attempts, return_url })
}

#[async_trait]
impl Work for Worker {
    type Item = Attempt;
    const NAME: &'static str = "recharges";
    const AT_ONCE: usize = AT_ONCE;

    async fn claim(&self, room: usize) -> Result<Vec<Attempt>, sqlx::Error> {
        // A node whose clock is wrong could send under a key that the processor has forgotten.
        if self.payments.ledger.ready().is_err() {
            return Ok(Vec::new());
        }
        let now = self.payments.clock.now();
        self.attempts.notice(now).await?;
        let (open, oldest) = self.attempts.standing().await?;
        meters::standing(open, oldest, now);
        if open == 0 || room == 0 {
            return Ok(Vec::new());
        }
        self.attempts.claim(now, room).await
    }

    async fn attend(&self, attempt: Attempt) {
        self.work(attempt).await;
    }
}
