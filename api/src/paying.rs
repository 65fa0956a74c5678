//! What the server needs of payments: the account, and the processes that work at them.
//!
//! Absent: rules of payments (they are in the crate `payments`).

use std::sync::Arc;
use std::time::Duration;

use http::StatusCode;
use payments::gateway::PaymentGateway;
use payments::inbox::Keeper;
use payments::stripe::WebhookSecrets;
use payments::{Payments, Process, checkout, inbox, recharge, reconcile};
use sqlx::PgPool;
use store::{Clock, Ledger};
use tokio::task::JoinHandle;

use crate::problem::Problem;

/// How often abandoned checkouts are looked for: they have been so for two days.
const ABANDONED_LOOK: Duration = Duration::from_secs(600);

/// Who moves the money.
#[derive(Clone)]
pub struct Account {
    pub gateway: Arc<dyn PaymentGateway>,
    pub webhook_secrets: WebhookSecrets,
    /// Whether real money moves.
    pub live: bool,
    /// Where customers come back to from a page that a notification has led them to.
    pub return_url: Option<String>,
}

/// Payments, as requests reach them.
#[derive(Clone)]
pub struct Paying {
    pub payments: Payments,
    pub webhook_secrets: WebhookSecrets,
    pub live: bool,
    /// Keeps what Stripe tells.
    pub keeper: Keeper,
    return_url: Option<String>,
}

impl Paying {
    pub(crate) fn new(account: Account, ledger: Arc<Ledger>, pool: PgPool, clock: Arc<dyn Clock>) -> Self {
        let Account { gateway, webhook_secrets, live, return_url } = account;
        let keeper = Keeper::start(&pool);
        Self { payments: Payments { gateway, ledger, pool, clock }, webhook_secrets, live, keeper, return_url }
    }
}

/// What a caller is told where nobody moves money.
#[must_use]
pub fn off() -> Problem {
    let detail = "payments are off on this server: it was started without STRIPE_SECRET_KEY";
    Problem::new(StatusCode::NOT_IMPLEMENTED, "payments_off", "Payments are off", detail)
}

/// What goes on beside requests, on this node.
pub(crate) struct Processes {
    abandoned: JoinHandle<()>,
    inbox: Process,
    recharges: Process,
    reconciling: JoinHandle<()>,
}

impl Processes {
    /// Inside a Tokio runtime.
    pub(crate) fn start(paying: &Paying) -> Self {
        Self {
            abandoned: tokio::spawn(end_abandoned(paying.payments.clone())),
            inbox: inbox::start(paying.payments.clone()),
            recharges: recharge::start(paying.payments.clone(), paying.return_url.clone()),
            reconciling: tokio::spawn(reconcile::run(paying.payments.clone(), paying.live)),
        }
    }

    /// Whatever is cut off is begun again from the database.
    pub(crate) async fn shutdown(self) {
        self.abandoned.abort();
        self.reconciling.abort();
        tokio::join!(self.inbox.shutdown(), self.recharges.shutdown());
    }
}

async fn end_abandoned(payments: Payments) {
    let mut due = tokio::time::interval(ABANDONED_LOOK);
    loop {
        due.tick().await;
        if let Err(error) = checkout::end_abandoned(&payments).await {
            tracing::warn!(%error, "abandoned checkouts cannot be ended; the next look tries again");
        }
    }
}
