//! What the server needs of payments: the account, and the processes that work at them.
//!
//! Absent: rules of payments (they are in the crate `payments`).

use std::sync::Arc;

use http::StatusCode;
use payments::gateway::PaymentGateway;
use payments::inbox::Keeper;
use payments::stripe::WebhookSecrets;
use payments::{Payments, Process, checkout, inbox, recharge, reconcile};
use sqlx::PgPool;
use store::{Clock, Ledger};

use crate::problem::Problem;

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
    abandoned: Process,
    inbox: Process,
    recharges: Process,
    reconciling: Process,
}

impl Processes {
    /// Inside a Tokio runtime.
    pub(crate) fn start(paying: &Paying) -> Self {
        Self {
            abandoned: checkout::end_abandoned_ones(paying.payments.clone()),
            inbox: inbox::start(paying.payments.clone()),
            recharges: recharge::start(paying.payments.clone(), paying.return_url.clone()),
            reconciling: reconcile::start(paying.payments.clone(), paying.live),
        }
    }

    /// Whatever is cut off is begun again from the database.
    pub(crate) async fn shutdown(self) {
        let Self { abandoned, inbox, recharges, reconciling } = self;
        tokio::join!(abandoned.shutdown(), inbox.shutdown(), recharges.shutdown(), reconciling.shutdown());
    }
}
