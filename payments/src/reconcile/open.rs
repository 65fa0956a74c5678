//! Reads back what is open here for longer than its webhook should have taken.

use super::limits::{OPEN_AFTER, OPEN_AT_ONCE, OPEN_FOR};
use super::report::{Phase, Progress};
use super::rows::{self, Open};
use super::{ReconcileError, meters};
use crate::Payments;
use crate::gateway::{GatewayError, SessionPayment, SessionSeen, SessionStatus};
use crate::inbox::{Obstacle, look_at};
use crate::settle::settle;

/// Looks at some open pages, and at refunds whose outcome nobody has heard; answers how many there were, and how many of
/// them came to their end.
///
/// # Errors
/// The database is unavailable; what Stripe does not answer is looked at again later.
pub async fn look(payments: &Payments) -> Result<Progress, ReconcileError> {
    let now = payments.clock.now();
    let mut told = Progress { phase: Phase::Open, seen: 0, missed: 0 };
    for open in rows::claim_open(&payments.pool, now).await? {
        let settled = page(payments, &open).await?;
        meters::looked(settled);
        told.seen += 1;
        told.missed += u64::from(settled);
    }
    let (after, before) = (now - OPEN_FOR, now - OPEN_AFTER);
    for intent in crate::refunds::unanswered(&payments.pool, after, before, OPEN_AT_ONCE).await? {
        told.seen += 1;
        if let Err(hindrance) = settle(payments, &intent).await {
            tracing::warn!(%intent, %hindrance, "a payment with an unknown refund cannot be read back");
        }
    }
    Ok(told)
}

/// Whether nothing more can come of it.
async fn page(payments: &Payments, open: &Open) -> Result<bool, ReconcileError> {
    let (organization, purchase) = (&open.organization, open.purchase);
    let is_old = payments.clock.now() - open.created_at > OPEN_FOR;
    let settled = match payments.gateway.session(&open.session).await {
        Ok(session) => {
            let is_over = is_over(&session);
            match look_at(payments, session).await {
                Ok(()) => is_over || is_old,
                Err(obstacle) => {
                    tracing::warn!(%organization, %purchase, %obstacle, "an open checkout cannot be settled");
                    is_old || is_for_a_person(&obstacle)
                }
            }
        }
        Err(error @ GatewayError::Unknown { .. }) => {
            tracing::warn!(%organization, %purchase, %error, "an open checkout cannot be read back");
            false
        }
        // Of another account, or of a simulation that has ended.
        Err(error @ GatewayError::Refused { .. }) => {
            tracing::warn!(%organization, %purchase, %error, "an open checkout is not to be read back");
            is_old
        }
    };
    if settled {
        rows::settled(&payments.pool, purchase).await?;
    }
    Ok(settled)
}

/// A page that was left with a bank debit on its way is complete and not over.
fn is_over(session: &SessionSeen) -> bool {
    let is_paid = matches!(session.payment, SessionPayment::Paid | SessionPayment::NotRequired);
    session.status == SessionStatus::Expired || (session.status == SessionStatus::Complete && is_paid)
}

/// The audit says so each day.
fn is_for_a_person(obstacle: &Obstacle) -> bool {
    obstacle.tries_max() == 0
}
