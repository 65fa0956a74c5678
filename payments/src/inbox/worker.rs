//! Works at one event.

use domain::CommandError;
use store::{CommandRequest, ExecuteError};

use super::limits::{ORPHAN_TRIES_MAX, TRIES_MAX};
use super::meters;
use super::rows::{Claimed, EntryStatus, Inbox};
use crate::crash::{self, Point};
use crate::facts::Review;
use crate::gateway::{CustomerId, GatewayError, IntentId, PaymentLabels, SessionPayment, SessionSeen, SessionStatus};
use crate::settle::{Hindrance, Settled, ended, settle};
use crate::stripe::{EventSeen, ObjectSeen, read_event};
use crate::{Payments, customers, recharge};

/// Of a payment that came too late, or never.
const ASYNC_PAYMENT_FAILED: &str = "checkout.session.async_payment_failed";

/// What came of an event.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Worked {
    Done(String),
    /// It is not about us.
    Ignored(String),
}

/// Why an event is not done.
#[derive(Debug, thiserror::Error)]
pub enum Obstacle {
    #[error(transparent)]
    Settle(#[from] Hindrance),
    #[error(transparent)]
    Recharge(#[from] recharge::Hindrance),
    #[error("the ledger: {0}")]
    Ledger(#[from] ExecuteError),
    #[error("it cannot be read: {0}")]
    Unreadable(String),
    #[error("the checkout {0} was paid without a payment that could be booked")]
    PaidWithNothing(String),
}

impl Obstacle {
    /// How many tries may help; none where only a person can.
    pub(crate) fn tries_max(&self) -> i32 {
        match self {
            Self::Settle(Hindrance::Gateway(error)) | Self::Recharge(recharge::Hindrance::Gateway(error)) => {
                if error.retryable() || is_missing(error) { TRIES_MAX } else { 0 }
            }
            Self::Recharge(_) => TRIES_MAX,
            // A node may have been away, a setting may be put right.
            Self::Settle(Hindrance::Ledger(_) | Hindrance::Database(_) | Hindrance::NoEnd) | Self::Ledger(_) => {
                TRIES_MAX
            }
            Self::Settle(Hindrance::Review(Review::Orphan)) => ORPHAN_TRIES_MAX,
            Self::Settle(Hindrance::Review(_) | Hindrance::PaidTwice { .. })
            | Self::Unreadable(_)
            | Self::PaidWithNothing(_) => 0,
        }
    }
}

/// Objects of the processor may be listed before they can be read.
fn is_missing(error: &GatewayError) -> bool {
    matches!(error, GatewayError::Refused { status: 404, .. })
}

/// Works at an event that was claimed, and writes down what came of it.
pub(super) async fn attend(payments: &Payments, inbox: &Inbox, claimed: Claimed) -> Result<(), sqlx::Error> {
    let id = claimed.event_id.as_str();
    crash::at(Point::EventClaimed);
    let worked = work(payments, &claimed.payload).await;
    crash::at(Point::EventWorked);
    let (status, note) = match worked {
        Ok(Worked::Done(note)) => (EntryStatus::Done, note),
        Ok(Worked::Ignored(note)) => (EntryStatus::Ignored, note),
        Err(obstacle) if claimed.tries < obstacle.tries_max() => {
            tracing::warn!(event = id, tries = claimed.tries, %obstacle, "an event of Stripe has to wait");
            return inbox.postpone(id, claimed.tries, &obstacle.to_string(), payments.clock.now()).await;
        }
        Err(obstacle) => {
            tracing::error!(event = id, %obstacle, "an event of Stripe is parked: `credit-ledger stripe inbox show` it");
            (EntryStatus::Parked, obstacle.to_string())
        }
    };
    inbox.finish(id, status, &note).await?;
    meters::finished(status.name());
    Ok(())
}

/// Brings the ledger to what the event's payment is now.
///
/// # Errors
/// [`Obstacle`].
pub async fn work(payments: &Payments, payload: &str) -> Result<Worked, Obstacle> {
    let event = read_event(payload).map_err(|error| Obstacle::Unreadable(error.to_string()))?;
    let EventSeen { kind, object, .. } = event;
    match object {
        ObjectSeen::Session(session) => of_session(payments, &kind, session).await,
        ObjectSeen::Intent(intent) => of_intent(payments, Some(intent.id)).await,
        ObjectSeen::Charge(charge) => of_intent(payments, charge.intent).await,
        ObjectSeen::Refund(refund) => of_intent(payments, refund.intent).await,
        ObjectSeen::Dispute(dispute) => of_intent(payments, dispute.intent).await,
        ObjectSeen::Card { customer } => of_card(payments, customer).await,
        ObjectSeen::Other { kind, .. } => Ok(Worked::Ignored(format!("about a {kind}"))),
        ObjectSeen::Unreadable { kind, problem, .. } => Err(Obstacle::Unreadable(format!("a {kind}: {problem}"))),
    }
}

async fn of_intent(payments: &Payments, intent: Option<IntentId>) -> Result<Worked, Obstacle> {
    let Some(intent) = intent else { return Ok(Worked::Ignored("of no payment".to_owned())) };
    Ok(match settle(payments, &intent).await? {
        Settled::Done => Worked::Done(format!("{intent} is booked")),
        Settled::Unpaid => Worked::Done(format!("{intent} is not paid")),
        Settled::Foreign => Worked::Ignored(format!("{intent} is not one of ours")),
    })
}

/// Does what an event about this session would do.
pub(crate) async fn look_at(payments: &Payments, session: SessionSeen) -> Result<(), Obstacle> {
    of_session(payments, "", session).await.map(drop)
}

/// A card was saved, or taken away.
async fn of_card(payments: &Payments, customer: Option<CustomerId>) -> Result<Worked, Obstacle> {
    let Some(customer) = customer else { return Ok(Worked::Ignored("a card of nobody".to_owned())) };
    let organization = customers::organization_of(&payments.pool, &customer).await.map_err(Hindrance::Database)?;
    let Some(organization) = organization else { return Ok(Worked::Ignored("a card of somebody else".to_owned())) };
    let resumed = recharge::card_saved(payments, &organization).await?;
    Ok(Worked::Done(if resumed { "recharging goes on" } else { "no recharge waits for it" }.to_owned()))
}

async fn of_session(payments: &Payments, kind: &str, session: SessionSeen) -> Result<Worked, Obstacle> {
    let Some(labels) = session.labels() else {
        return Ok(Worked::Ignored("a checkout that is not one of ours".to_owned()));
    };
    let is_paid = matches!(session.payment, SessionPayment::Paid | SessionPayment::NotRequired);
    match session.intent {
        Some(intent) if is_paid => {
            let worked = of_intent(payments, Some(intent)).await?;
            // Paying may have saved the card that recharging waits for.
            recharge::card_saved(payments, &labels.organization_id).await?;
            Ok(worked)
        }
        None if is_paid => Err(Obstacle::PaidWithNothing(session.id.to_string())),
        _ if session.status == SessionStatus::Expired => end(payments, &labels, true).await,
        _ if kind == ASYNC_PAYMENT_FAILED => end(payments, &labels, false).await,
        _ => Ok(Worked::Done("not paid yet".to_owned())),
    }
}

/// The page closed unpaid. Not the end of the story: money that arrives all the same is booked.
async fn end(payments: &Payments, labels: &PaymentLabels, expired: bool) -> Result<Worked, Obstacle> {
    let request: CommandRequest = ended(&labels.organization_id, labels.purchase_id, expired);
    match payments.ledger.execute(request).await {
        Ok(_) => Ok(Worked::Done("the purchase has ended unpaid".to_owned())),
        Err(ExecuteError::Refused(CommandError::PurchaseAlreadyPaid(_))) => Ok(Worked::Done("it was paid".to_owned())),
        Err(error) => Err(error.into()),
    }
}
