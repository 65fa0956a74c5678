//! Which payment at the processor paid a purchase.

use domain::OrganizationId;
use domain::events::Fact;
use domain::ids::{PurchaseId, RechargeId};
use serde_json::Value;
use sqlx::PgPool;
use store::RecordedEvent;

use crate::Payments;
use crate::gateway::{CheckoutId, GatewayError, IntentId};

/// Where the payment stands in a purchase's metadata, as `settle` and recharges write it.
const INTENT: &str = "payment_intent";

const BOOKED: &str = "SELECT intent_id FROM payments.payments WHERE purchase_id = $1 AND organization_id = $2";
const SESSION: &str = "SELECT session_id FROM payments.checkouts WHERE purchase_id = $1 AND organization_id = $2";
const ATTEMPT: &str =
    "SELECT intent_id FROM payments.recharge_attempts WHERE recharge_id = $1 AND organization_id = $2";

/// How a purchase came to the processor. Only what we asked for ourselves counts: a caller writes metadata as it likes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Source {
    /// The payment is known.
    Payment(IntentId),
    Checkout(Option<CheckoutId>),
    Recharge(Option<IntentId>),
}

/// `None`: it was paid elsewhere, or never heard of.
///
/// # Errors
/// The database is unavailable.
pub async fn source(
    pool: &PgPool,
    organization: &OrganizationId,
    purchase: PurchaseId,
    history: &[RecordedEvent],
) -> Result<Option<Source>, sqlx::Error> {
    let query = sqlx::query_scalar(BOOKED).bind(purchase.entity()).bind(organization.as_str());
    let booked: Option<String> = query.fetch_optional(pool).await?;
    if let Some(intent) = booked {
        return Ok(Some(Source::Payment(IntentId::new(intent))));
    }
    let query = sqlx::query_scalar(SESSION).bind(purchase.entity()).bind(organization.as_str());
    let session: Option<Option<String>> = query.fetch_optional(pool).await?;
    if let Some(session) = session {
        return Ok(Some(Source::Checkout(session.map(CheckoutId::new))));
    }
    let Some(recharge) = history.iter().find_map(recharge_of) else { return Ok(None) };
    let query = sqlx::query_scalar(ATTEMPT).bind(recharge.entity()).bind(organization.as_str());
    let intent: Option<Option<String>> = query.fetch_optional(pool).await?;
    Ok(intent.map(|intent| Source::Recharge(intent.map(IntentId::new))))
}

fn recharge_of(recorded: &RecordedEvent) -> Option<RechargeId> {
    match &recorded.event.fact {
        Fact::PurchaseStarted(f) => RechargeId::of_reference(&f.payment_reference),
        Fact::PurchaseCompleted(f) => RechargeId::of_reference(&f.payment_reference),
        _ => None,
    }
}

/// The payment of a purchase that was paid; `None` where the processor shows none.
pub(super) async fn intent(
    payments: &Payments,
    source: &Source,
    history: &[RecordedEvent],
) -> Result<Option<IntentId>, GatewayError> {
    match source {
        Source::Payment(intent) => Ok(Some(intent.clone())),
        Source::Checkout(Some(session)) => Ok(payments.gateway.session(session).await?.intent),
        Source::Checkout(None) => Ok(None),
        Source::Recharge(intent) => Ok(intent.clone().or_else(|| intent_in(history))),
    }
}

fn intent_in(history: &[RecordedEvent]) -> Option<IntentId> {
    history.iter().find_map(|recorded| match &recorded.event.fact {
        Fact::PurchaseCompleted(f) => f.metadata.object().get(INTENT).and_then(Value::as_str).map(IntentId::new),
        _ => None,
    })
}
