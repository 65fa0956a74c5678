//! Brings the ledger to what Stripe says of a payment: reads the facts, adds them to those that are known, and gives
//! commands until nothing differs.
//!
//! Invariant: what is told by an event is only which payment to look at; the facts are read. So an old, repeated or
//! reordered event does what the newest would.
//! Invariant: a command's key says what it does for which time (`commands.rs`), so two workers that find the same
//! difference give one command; and whoever gave one looks again before it is done.
//! Invariant: a payment takes its purchase's place only when it can be booked; a wrong one keeps nobody out.
//! Absent: rules of what should be booked (`facts`), events and their retries (`inbox`).

mod commands;
mod rows;

use domain::grant::Money;
use domain::ids::PurchaseId;
use domain::{CommandError, OrganizationId};
use store::{CommandRequest, ExecuteError};

use crate::Payments;
use crate::crash::{self, Point};
use crate::facts::{Booked, Facts, Review, Step, difference};
use crate::gateway::{GatewayError, IntentId, IntentSeen, PaymentLabels};
use crate::refunds;

pub use commands::ended;

/// What came of looking at a payment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Settled {
    /// The ledger holds what it should.
    Done,
    /// Nothing has been paid yet.
    Unpaid,
    /// It carries no labels of ours: the account sells other things, too.
    Foreign,
}

/// Why the ledger does not hold what it should.
#[derive(Debug, thiserror::Error)]
pub enum Hindrance {
    #[error(transparent)]
    Gateway(#[from] GatewayError),
    #[error("the ledger: {0}")]
    Ledger(#[from] ExecuteError),
    #[error("the database: {0}")]
    Database(#[from] sqlx::Error),
    /// A person has to look.
    #[error(transparent)]
    Review(#[from] Review),
    #[error(
        "purchase {purchase} was paid twice: by {first}, which is booked, and by {second}, which is to be refunded"
    )]
    PaidTwice { purchase: PurchaseId, first: IntentId, second: IntentId },
    #[error("no end after {STEPS_MAX} steps")]
    NoEnd,
}

/// Commands that one payment may need at once: each reversal may be undone and done again once.
const STEPS_MAX: usize = 1_000;

/// # Errors
/// [`Hindrance`]; nothing is half done that the next call would not finish.
pub async fn settle(payments: &Payments, intent: &IntentId) -> Result<Settled, Hindrance> {
    let seen = payments.gateway.intent(intent).await?;
    let Some(labels) = seen.labels() else { return Ok(Settled::Foreign) };
    let refunds = payments.gateway.refunds_of(intent).await?;
    let disputes = payments.gateway.disputes_of(intent).await?;
    let facts = Facts::of(&seen, &refunds, &disputes);
    crash::at(Point::FactsRead);
    let Some(received) = facts.received else { return Ok(Settled::Unpaid) };
    let booked = book(payments, &seen, &labels, &facts, received).await;
    let is_of_nothing = match &booked {
        Err(Hindrance::Review(review)) => review.is_of_nothing(),
        Err(Hindrance::PaidTwice { .. }) => true,
        Ok(_) | Err(Hindrance::Gateway(_) | Hindrance::Ledger(_) | Hindrance::Database(_) | Hindrance::NoEnd) => false,
    };
    // What nobody could book went back whole: there is nothing left to look at.
    if is_of_nothing && facts.went_back() { Ok(Settled::Done) } else { booked }
}

async fn book(
    payments: &Payments,
    seen: &IntentSeen,
    labels: &PaymentLabels,
    facts: &Facts,
    received: Money,
) -> Result<Settled, Hindrance> {
    let (intent, organization, purchase) = (&seen.id, &labels.organization_id, labels.purchase_id);
    let first = match rows::first(&payments.pool, purchase).await? {
        Some(first) => first,
        None => {
            // One that cannot be booked must not keep out the one that can.
            difference(&booked(payments, organization, purchase).await?, facts)?;
            rows::accept(payments, intent, received, organization, purchase).await?
        }
    };
    if first != *intent {
        return Err(Hindrance::PaidTwice { purchase, first, second: intent.clone() });
    }
    crash::at(Point::PaymentAccepted);
    rows::add(&payments.pool, intent, facts).await?;
    crash::at(Point::FactsAdded);
    for _ in 0..STEPS_MAX {
        let known = rows::known(&payments.pool, intent).await?;
        let Some(request) = next(payments, organization, purchase, &known, seen).await? else {
            return Ok(Settled::Done);
        };
        if !tell(payments, request).await? {
            return Ok(Settled::Done);
        }
        crash::at(Point::Booked);
    }
    Err(Hindrance::NoEnd)
}

/// The next command; `None` when the ledger holds what it should.
async fn next(
    payments: &Payments,
    organization: &OrganizationId,
    purchase: PurchaseId,
    known: &Facts,
    seen: &IntentSeen,
) -> Result<Option<CommandRequest>, Hindrance> {
    let booked = booked(payments, organization, purchase).await?;
    let Some(step) = difference(&booked, known)? else { return Ok(None) };
    let started = booked.started.as_ref().ok_or(Review::Orphan)?;
    let mut request = commands::of(organization, started, &step, seen);
    if let Step::Revoke { reference, .. } = &step
        && let Some(actor) = refunds::actor(&payments.pool, reference.as_str()).await?
    {
        request.metadata.actor = actor;
    }
    Ok(Some(request))
}

/// What the log holds of the purchase.
async fn booked(
    payments: &Payments,
    organization: &OrganizationId,
    purchase: PurchaseId,
) -> Result<Booked, ExecuteError> {
    let history = payments.ledger.entity(organization, purchase.entity()).await?;
    Ok(Booked::of(history.iter().map(|recorded| &recorded.event)))
}

/// Whether there may be more to do.
async fn tell(payments: &Payments, request: CommandRequest) -> Result<bool, Hindrance> {
    match payments.ledger.execute(request).await {
        Ok(_) => Ok(true),
        // Somebody took the credits by number: there are none left to take.
        Err(ExecuteError::Refused(CommandError::PurchaseAlreadyRevoked(_))) => Ok(false),
        // Another worker was first; the next look shows what it did.
        Err(ExecuteError::Refused(
            CommandError::PaymentReferenceUsed(_)
            | CommandError::RevocationNotFound(_)
            | CommandError::RefundExceedsPurchase { .. },
        )) => Ok(true),
        Err(error) => Err(error.into()),
    }
}
