//! One refund, from what is asked to what it took.

use chrono::TimeDelta;
use domain::ids::PurchaseId;
use domain::text::Note;
use domain::{CommandError, CommandId, IdempotencyKey, OrganizationId};
use store::{ExecuteError, RecordedEvent, RequestHash};
use uuid::Uuid;

use super::intent::{Source, intent};
use super::rows::{self, Noted, Row};
use crate::Payments;
use crate::crash::{self, Point};
use crate::facts::Booked;
use crate::gateway::{GatewayError, PaymentLabels, RefundId, RefundRequest, RequestKey};
use crate::settle::{Hindrance, settle};

/// What somebody asks for.
pub struct RefundAsked<'a> {
    pub organization: &'a OrganizationId,
    pub purchase: PurchaseId,
    pub source: Source,
    pub key: &'a IdempotencyKey,
    pub hash: RequestHash,
    /// `None`: all that has not gone back yet.
    pub amount_minor: Option<i64>,
    pub reason: Note,
    /// Who asks.
    pub actor: &'a str,
}

/// A refund that the processor shows.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refund {
    pub id: RefundId,
    /// Whether the key had been used for it before.
    pub replayed: bool,
}

/// Why there is no refund.
#[derive(Debug, thiserror::Error)]
pub enum RefundError {
    #[error("the key was used for another request")]
    KeyReused,
    /// The same key finds out.
    #[error("the payment processor did not answer: {0}")]
    Unknown(GatewayError),
    /// There never will be one for this key.
    #[error("the payment processor refused the refund: {0}")]
    Refused(String),
    #[error(
        "this refund was asked for more than {} hours ago, and its outcome was never heard",
        RequestKey::LIFE_HOURS
    )]
    TooOld,
    #[error("the payment of the purchase is not known yet")]
    NoPayment,
    #[error("the database")]
    Database(#[from] sqlx::Error),
    #[error(transparent)]
    Ledger(#[from] ExecuteError),
    /// The money is on its way back, and a person has to look at the credits.
    #[error(transparent)]
    Settle(Hindrance),
}

impl From<Hindrance> for RefundError {
    fn from(hindrance: Hindrance) -> Self {
        match hindrance {
            Hindrance::Gateway(error) => Self::Unknown(error),
            Hindrance::Ledger(error) => Self::Ledger(error),
            Hindrance::Database(error) => Self::Database(error),
            other @ (Hindrance::Review(_) | Hindrance::PaidTwice { .. } | Hindrance::NoEnd) => Self::Settle(other),
        }
    }
}

/// Gives money back, and takes its credits; once for each key.
///
/// # Errors
/// [`RefundError`].
pub async fn refund(payments: &Payments, asked: &RefundAsked<'_>) -> Result<Refund, RefundError> {
    let command = CommandId::of_key(asked.organization, asked.key).uuid();
    let (row, replayed) = match rows::find(&payments.pool, command).await? {
        Some(row) => (row, true),
        None => (note(payments, asked, command).await?, false),
    };
    if row.request_hash != asked.hash.as_slice() || row.purchase_id != asked.purchase.entity() {
        return Err(RefundError::KeyReused);
    }
    let id = match (&row.refund_id, &row.refusal) {
        (Some(id), _) => RefundId::new(id),
        (None, Some(refusal)) => return Err(RefundError::Refused(refusal.clone())),
        (None, None) => send(payments, command, &row).await?,
    };
    settle(payments, &row.request.0.intent).await?;
    crash::at(Point::RefundSettled);
    Ok(Refund { id, replayed })
}

/// Fixes what is sent. What another try has fixed stays.
async fn note(payments: &Payments, asked: &RefundAsked<'_>, command: Uuid) -> Result<Row, RefundError> {
    let history = payments.ledger.entity(asked.organization, asked.purchase.entity()).await?;
    let (amount_minor, labels) = allowed(asked, &history)?;
    let intent = intent(payments, &asked.source, &history).await.map_err(RefundError::Unknown)?;
    let intent = intent.ok_or(RefundError::NoPayment)?;
    let request = RefundRequest { intent, amount_minor: Some(amount_minor), reason: asked.reason.clone(), labels };
    let noted = Noted {
        command,
        organization: asked.organization,
        purchase: asked.purchase,
        hash: &asked.hash,
        request: &request,
        actor: asked.actor,
        now: payments.clock.now(),
    };
    rows::note(&payments.pool, &noted).await?;
    crash::at(Point::RefundNoted);
    let row = rows::find(&payments.pool, command).await?;
    row.ok_or_else(|| RefundError::Database(sqlx::Error::RowNotFound))
}

/// How much of the price goes back. The processor has the last word: it knows refunds that we have not heard of.
fn allowed(asked: &RefundAsked<'_>, history: &[RecordedEvent]) -> Result<(i64, PaymentLabels), RefundError> {
    let refuse = |error| RefundError::Ledger(ExecuteError::Refused(error));
    let purchase_id = asked.purchase;
    let booked = Booked::of(history.iter().map(|recorded| &recorded.event));
    let price = match booked.completed {
        Some(price) => price,
        None if history.is_empty() => return Err(refuse(CommandError::PurchaseNotFound(purchase_id))),
        None => return Err(refuse(CommandError::PurchaseNotPaid(purchase_id))),
    };
    let refundable_minor = price.amount_minor - booked.taken_minor_in_all();
    if refundable_minor <= 0 {
        return Err(refuse(CommandError::PurchaseAlreadyRevoked(purchase_id)));
    }
    let requested_minor = asked.amount_minor.unwrap_or(refundable_minor);
    if requested_minor > refundable_minor {
        return Err(refuse(CommandError::RefundExceedsPurchase { purchase_id, refundable_minor, requested_minor }));
    }
    let offer = booked.started.map(|started| started.offer);
    let labels = PaymentLabels {
        organization_id: asked.organization.clone(),
        purchase_id,
        package_id: offer.as_ref().and_then(|offer| offer.package_id.clone()),
        credits: offer.map(|offer| offer.credits).unwrap_or_default(),
        attempt_id: None,
    };
    Ok((requested_minor, labels))
}

async fn send(payments: &Payments, command: Uuid, row: &Row) -> Result<RefundId, RefundError> {
    if payments.clock.now() - row.created_at > TimeDelta::hours(RequestKey::LIFE_HOURS) {
        return Err(RefundError::TooOld);
    }
    match payments.gateway.refund(&RequestKey::of("refund", command), &row.request.0).await {
        Ok(seen) => {
            crash::at(Point::RefundMade);
            rows::answered(&payments.pool, command, &seen.id).await?;
            crash::at(Point::RefundKept);
            Ok(seen.id)
        }
        Err(error @ GatewayError::Unknown { .. }) => Err(RefundError::Unknown(error)),
        Err(error @ GatewayError::Refused { status, .. }) => {
            let refusal = error.to_string();
            // A wrong key of ours at the processor can be put right; what it says of the refund itself stays.
            if !matches!(status, 401 | 403) {
                rows::refused(&payments.pool, command, &refusal).await?;
            }
            Err(RefundError::Refused(refusal))
        }
    }
}
