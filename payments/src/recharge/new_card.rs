//! Another card ends a suspension that waits for one.
//!
//! Invariant: an event is only a hint; which cards there are is read. An old or repeated event resumes nothing.

use domain::commands::ResumeRecharge;
use domain::recharge::{ResumeCause, Suspension};
use domain::{Command, OrganizationId};

use super::worker::Hindrance;
use crate::gateway::Card;
use crate::{Payments, customers, internal};

/// Resumes where a card was saved after recharging was suspended for want of one; answers whether it did.
///
/// # Errors
/// [`Hindrance`]; the same hint may be given again.
pub async fn card_saved(payments: &Payments, organization: &OrganizationId) -> Result<bool, Hindrance> {
    let Some(strong) = payments.ledger.strong_balance(organization).await? else { return Ok(false) };
    let suspension = strong.state.recharge().suspended.clone();
    let Some(suspension) = suspension.filter(|suspension| suspension.cause.ends_with_a_new_card()) else {
        return Ok(false);
    };
    let Some(customer) = customers::find(&payments.pool, organization).await? else { return Ok(false) };
    let cards = payments.gateway.saved_cards(&customer).await?;
    let Some(card) = newer(&cards, &suspension) else { return Ok(false) };
    let key = format!("recharge:card:{}:{}", card.id, suspension.since.timestamp_micros());
    let command = Command::ResumeRecharge(ResumeRecharge { cause: ResumeCause::NewCard });
    payments.ledger.execute(internal("recharge", organization, &key, command)).await?;
    Ok(true)
}

/// The processor counts in seconds: a card of the same second as the suspension may be the one that failed.
fn newer<'a>(cards: &'a [Card], suspension: &Suspension) -> Option<&'a Card> {
    cards.iter().find(|card| card.created > suspension.since)
}
