//! Credits that are held for one run of a handler, and how the hold ends.
//!
//! Invariant: a hold is ended by exactly one of its ends, or by its deadline in the ledger: charging takes it, and whatever
//! drops it otherwise (an error, a panic, a caller that has gone) cancels it.

use std::sync::Arc;
use std::time::Duration;

use http::StatusCode;
use serde_json::{Value, json};
use tokio::runtime::Handle;
use uuid::Uuid;

use crate::charge::{ActualCost, Charged};
use crate::check::Shared;
use crate::key::RequestKey;
use crate::ledger::{Call, NoAnswer, Reply, retry_after};
use crate::problem::Problem;
use crate::reserve::refusal;
use crate::retry::Patience;
use crate::tasks::Counted;

/// What a handler finds in the extensions of its request while credits are held for it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Held {
    pub organization: Arc<str>,
    /// Of the reservation, and of the consumption that it becomes: what [`crate::Ledger::refund`] takes.
    pub reservation: Uuid,
    /// Of this run; the consumption's `reference` has it, too.
    pub run: Uuid,
}

/// Which reservation it is, and whose.
pub(crate) struct Hold {
    pub(crate) shared: Arc<Shared>,
    pub(crate) held: Held,
    pub(crate) key: RequestKey,
    pub(crate) attempt: u32,
    /// As it was reserved, without what only reservations have.
    pub(crate) usage: Value,
    pub(crate) runtime: Handle,
    /// Under way for as long as it lives.
    pub(crate) counted: Option<Counted>,
}

/// How often a charge that was refused for no reason that time could not mend is asked for again.
const BUSY_PAUSE: Duration = Duration::from_secs(1);

impl Hold {
    fn path(&self, end: &str) -> String {
        format!("/v1/organizations/{}/reservations/{}/{end}", self.held.organization, self.held.reservation)
    }

    fn call(&self, step: &str, path: String, body: Value) -> Call {
        Call::post(path, self.key.step(self.attempt, step), body)
    }

    /// Charges for a run that has succeeded; goes on until the ledger has answered. An error is final: nothing was charged
    /// then, and the hold is given back.
    ///
    /// # Errors
    /// What the caller is told in place of the handler's response.
    pub(crate) async fn charge(mut self, actual: Option<ActualCost>) -> Result<Charged, Problem> {
        let actual = actual.as_ref();
        let mut patience = Patience::new(self.shared.settings.settle_within);
        loop {
            let confirm = self.call("confirm", self.path("confirm"), ActualCost::confirmation(actual));
            let reply = self.ask(&confirm, &mut patience).await?;
            return match (reply.status, reply.code()) {
                (status, _) if status.is_success() => self.charged(&reply),
                (StatusCode::CONFLICT, "reservation_expired") if ActualCost::is_nothing(actual) => {
                    self.take_next_hold(&mut patience).await?;
                    continue;
                }
                (StatusCode::CONFLICT, "reservation_expired") => self.charge_late(actual, &mut patience).await,
                (_, "confirm_exceeds_reservation") => Err(Problem::dearer_than_reserved(&reply)),
                (StatusCode::PAYMENT_REQUIRED, _) => Err(Problem::insufficient(&reply)),
                _ => Err(refused(&confirm, &reply)),
            };
        }
    }

    /// The hold has ended by its deadline, and the run cost nothing, which no consumption is of. It takes the next run's
    /// hold, of one credit, and confirms that with nothing: so the key is its own, as that of any other run that was done.
    async fn take_next_hold(&mut self, patience: &mut Patience) -> Result<(), Problem> {
        let mut least = self.usage.clone();
        least["amount"] = json!(1);
        let body = self.shared.settings.reservation(least);
        let path = format!("/v1/organizations/{}/reservations", self.held.organization);
        let reserve = Call::post(path, self.key.late(self.attempt), body);
        let reply = self.ask(&reserve, patience).await?;
        let taken = match (reply.status, reply.code()) {
            (StatusCode::CREATED, _) => reply.id(),
            (_, "idempotency_key_reused") => return Err(self.overtaken()),
            _ => return Err(refusal(&reply)),
        };
        self.held.reservation = taken.ok_or_else(|| refused(&reserve, &reply))?;
        self.attempt += 1;
        Ok(())
    }

    /// The hold has ended by its deadline, so that it surely was not confirmed: the work is charged without it.
    async fn charge_late(mut self, actual: Option<&ActualCost>, patience: &mut Patience) -> Result<Charged, Problem> {
        let path = format!("/v1/organizations/{}/consumptions", self.held.organization);
        let consume =
            Call::post(path, self.key.late(self.attempt), ActualCost::consumption(actual, self.usage.clone()));
        let asked = self.ask(&consume, patience).await;
        self.forget();
        let reply = asked?;
        match (reply.status, reply.code()) {
            (status, _) if status.is_success() => self.charged(&reply),
            (StatusCode::PAYMENT_REQUIRED, _) => Err(Problem::insufficient(&reply)),
            (_, "idempotency_key_reused") => Err(self.overtaken()),
            _ => Err(refused(&consume, &reply)),
        }
    }

    fn overtaken(&self) -> Problem {
        tracing::warn!(run = %self.held.run, "the next run of the same request has begun: this one is not charged");
        Problem::in_progress()
    }

    /// An answer, however long it takes; a busy ledger's 429 is none.
    async fn ask(&self, call: &Call, patience: &mut Patience) -> Result<Reply, Problem> {
        loop {
            let reply = match self.shared.ledger.ask(call, patience).await {
                Ok(reply) => reply,
                Err(NoAnswer) => {
                    tracing::error!(%call, run = %self.held.run, "given up: whether the run was charged is not known");
                    return Err(Problem::charge_pending());
                }
            };
            if reply.status != StatusCode::TOO_MANY_REQUESTS {
                return Ok(reply);
            }
            if !patience.pause(retry_after(&reply.headers).or(Some(BUSY_PAUSE))).await {
                tracing::error!(%call, run = %self.held.run, "given up: the ledger let no charge through");
                return Err(Problem::charge_pending());
            }
        }
    }

    fn charged(mut self, reply: &Reply) -> Result<Charged, Problem> {
        self.forget();
        let (Some(consumption), Some(amount)) = (reply.id(), reply.body["amount"].as_i64()) else {
            tracing::error!(run = %self.held.run, "what answered is no ledger");
            return Err(Problem::refused());
        };
        Ok(Charged { consumption, amount, balance: reply.body["balance_after"].as_i64() })
    }

    /// It has ended, so nothing is left to cancel.
    fn forget(&mut self) {
        self.counted = None;
    }

    async fn cancel(shared: Arc<Shared>, call: Call, run: Uuid) {
        let mut patience = Patience::new(shared.settings.settle_within);
        match shared.ledger.ask(&call, &mut patience).await {
            Ok(reply) if reply.status.is_success() || reply.status == StatusCode::CONFLICT => {}
            Ok(reply) => {
                tracing::warn!(%run, status = %reply.status, "a hold was not cancelled; it ends by its deadline")
            }
            Err(NoAnswer) => tracing::warn!(%run, "a hold could not be cancelled; it ends by its deadline"),
        }
    }
}

impl Drop for Hold {
    fn drop(&mut self) {
        let Some(counted) = self.counted.take() else { return };
        let cancel = self.call("cancel", self.path("cancel"), json!({}));
        let (shared, run) = (Arc::clone(&self.shared), self.held.run);
        self.runtime.spawn(async move {
            Self::cancel(shared, cancel, run).await;
            drop(counted);
        });
    }
}

fn refused(call: &Call, reply: &Reply) -> Problem {
    tracing::error!(%call, status = %reply.status, body = %reply.body, "the ledger refused to charge");
    Problem::refused()
}
