//! Holding credits for one run of a handler, and what an idempotency key that was used before means.
//!
//! Invariant: of several requests with one key one works at a time. Each run names itself in its reservation, so that the
//! ledger takes another run's reservation with the same key for another request, and a try again for the same.
//! Invariant: a run whose hold has expired is charged by the key of the next run's hold, so that only one of them is. One
//! that cost nothing takes that hold itself: whatever a run was charged, its key is used.

use std::sync::Arc;

use http::StatusCode;
use serde_json::{Value, json};
use tokio::runtime::Handle;
use uuid::Uuid;

use crate::check::Shared;
use crate::cost::Cost;
use crate::hold::{Held, Hold};
use crate::key::RequestKey;
use crate::ledger::{Call, NoAnswer, Reply, retry_after};
use crate::problem::Problem;
use crate::retry::Patience;

/// Runs of one key that may fail before it is refused: each costs the next one three questions.
const ATTEMPTS_MAX: u32 = 8;

/// Why there is no hold.
#[derive(Debug)]
pub(crate) enum Denial {
    /// The caller is told.
    Problem(Problem),
    /// The ledger gives no answer.
    Unreachable,
}

impl From<Problem> for Denial {
    fn from(problem: Problem) -> Self {
        Self::Problem(problem)
    }
}

impl From<NoAnswer> for Denial {
    fn from(NoAnswer: NoAnswer) -> Self {
        Self::Unreachable
    }
}

/// What became of the run that had the key before.
enum Before {
    Failed,
    AtWork,
    /// The consumption.
    Charged(String),
}

/// One request, before its handler runs.
pub(crate) struct Reserve {
    pub(crate) shared: Arc<Shared>,
    pub(crate) organization: Arc<str>,
    pub(crate) cost: Cost,
    pub(crate) key: RequestKey,
    pub(crate) run: Uuid,
}

impl Reserve {
    /// # Errors
    /// [`Denial`]: no credits, no answer, or the key was used before.
    pub(crate) async fn run(self, runtime: Handle) -> Result<Hold, Denial> {
        // From here on, so that whoever waits for the end of all work waits for this, too.
        let counted = self.shared.tasks.begin();
        let mut patience = Patience::new(self.shared.settings.reserve_within);
        for attempt in 1..=ATTEMPTS_MAX {
            let reply = self.shared.ledger.ask(&self.call(attempt), &mut patience).await?;
            if reply.status == StatusCode::CREATED {
                return self.held(&reply).map(|held| Hold {
                    usage: self.usage(),
                    shared: self.shared,
                    held,
                    key: self.key,
                    attempt,
                    runtime,
                    counted: Some(counted),
                });
            }
            if reply.code() != "idempotency_key_reused" || !self.key.is_callers {
                return Err(refusal(&reply).into());
            }
            match self.before(attempt, &mut patience).await? {
                Before::Failed => {}
                Before::AtWork => return Err(Problem::in_progress().into()),
                Before::Charged(consumption) => return Err(Problem::charged_before(&consumption).into()),
            }
        }
        Err(Problem::too_many_attempts().into())
    }

    fn path(&self, rest: &str) -> String {
        format!("/v1/organizations/{}/{rest}", self.organization)
    }

    /// What is to be done, and which run does it.
    fn usage(&self) -> Value {
        let mut usage = serde_json::to_value(&self.cost).expect("a cost is plain JSON");
        usage["reference"] = json!({"type": "credit-check", "id": self.run});
        usage
    }

    fn call(&self, attempt: u32) -> Call {
        let body = self.shared.settings.reservation(self.usage());
        Call::post(self.path("reservations"), self.key.hold(attempt), body)
    }

    fn held(&self, reply: &Reply) -> Result<Held, Denial> {
        let Some(reservation) = reply.id() else {
            tracing::error!(run = %self.run, "what answered is no ledger");
            return Err(Problem::refused().into());
        };
        Ok(Held { organization: Arc::clone(&self.organization), reservation, run: self.run })
    }

    async fn before(&self, attempt: u32, patience: &mut Patience) -> Result<Before, Denial> {
        let Some(reservation) = self.command(&self.key.hold(attempt), patience).await? else {
            return Ok(Before::AtWork);
        };
        let asked = Call::get(self.path(&format!("reservations/{reservation}")));
        let reply = self.shared.ledger.ask(&asked, patience).await?;
        match (reply.status, reply.body["status"].as_str()) {
            // Whoever asks with the next key takes the place of a charge that is still to come, or finds it there.
            (StatusCode::OK, Some("cancelled" | "expired")) => Ok(Before::Failed),
            (StatusCode::OK, Some("confirmed")) => Ok(Before::Charged(reservation.to_string())),
            (StatusCode::OK, _) => Ok(Before::AtWork),
            // No reservation, then: the late charge of the attempt before.
            (StatusCode::NOT_FOUND, _) => Ok(Before::Charged(reservation.to_string())),
            _ => Err(refusal(&reply).into()),
        }
    }

    /// What the ledger made of an earlier run's command.
    async fn command(&self, key: &str, patience: &mut Patience) -> Result<Option<Uuid>, Denial> {
        let asked = Call::get(self.path(&format!("commands/{key}")));
        let reply = self.shared.ledger.ask(&asked, patience).await?;
        match (reply.status, reply.id()) {
            (status, Some(id)) if status.is_success() => Ok(Some(id)),
            (StatusCode::NOT_FOUND, _) => Ok(None),
            _ => Err(refusal(&reply).into()),
        }
    }
}

/// What the caller is told of the ledger's refusal. A reason that the service's operators have to mend is logged, and told
/// to nobody else.
pub(crate) fn refusal(reply: &Reply) -> Problem {
    match (reply.status, reply.code()) {
        (StatusCode::PAYMENT_REQUIRED, _) => Problem::insufficient(reply),
        (StatusCode::TOO_MANY_REQUESTS, _) => Problem::rate_limited(None, retry_after(&reply.headers)),
        (_, "too_many_open") => Problem::too_many_open(reply),
        (status, _) => {
            tracing::error!(%status, body = %reply.body, "the ledger refused to reserve");
            Problem::refused()
        }
    }
}
