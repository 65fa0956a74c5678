//! What a lineage's events say of its lots, once they are no longer open.

use std::sync::Arc;

use chrono::TimeDelta;

use crate::credits::Credits;
use crate::decide::draft::{Draft, Stop};
use crate::events::{Event, Fact};
use crate::grant::{Allocation, Closed, GrantTerms};
use crate::ids::GrantId;
use crate::time::{Timestamp, end_of_time};

/// The terms that an event gives to a lot, where it makes one.
pub(super) fn terms_of(event: &Event) -> Option<&Arc<GrantTerms>> {
    match &event.fact {
        Fact::CreditsGranted(f) => Some(&f.terms),
        Fact::GrantRestored(f) => Some(&f.terms),
        Fact::PurchaseCompleted(f) => Some(&f.terms),
        Fact::CreditsAdjustedUp(f) => Some(&f.terms),
        Fact::RepaymentReturned(f) => Some(&f.terms),
        _ => None,
    }
}

/// Revocations less reinstatements.
pub(super) fn revoked(history: &[Event]) -> Credits {
    history.iter().fold(Credits::ZERO, |sum, event| match &event.fact {
        Fact::PurchaseRevoked(f) => sum + f.amount,
        Fact::PurchaseReinstated(f) => sum - f.amount,
        _ => sum,
    })
}

/// Where credits that come back to a lot go.
pub(super) enum Home {
    /// The lot is open, or was merged into one that is.
    Open(Allocation),
    /// The lot was voided: what comes back is void too.
    Voided(Arc<GrantTerms>),
    /// The lot is gone: a lot of these terms takes them (its own id where it was only drained).
    Lot(Arc<GrantTerms>),
}

/// Finds the home of `amount` credits that were taken from a lot at `taken_at` (CORRECTNESS C17).
pub(super) fn home(
    draft: &mut Draft<'_>,
    from: &Allocation,
    amount: Credits,
    taken_at: Timestamp,
) -> Result<Home, Stop> {
    let lot = draft.state.lot(from.grant_id).cloned();
    if let Some(lot) = &lot {
        if lot.closed == Some(Closed::Voided) {
            return Ok(Home::Voided(Arc::clone(&lot.terms)));
        }
        if lot.closed.is_none() && lot.terms.purchase_id.is_none() {
            return Ok(Home::Open(Allocation::of(&lot.terms, amount)));
        }
    }
    let history = draft.history(from.lineage())?;
    let is_revoked = revoked(history).is_positive();
    let open = lot.filter(|lot| lot.closed.is_none());
    if let Some(lot) = open.as_ref().filter(|_| !is_revoked) {
        return Ok(Home::Open(Allocation::of(&lot.terms, amount)));
    }
    if is_voided(history, from.grant_id) {
        return Ok(Home::Voided(terms_in(history, from.grant_id)));
    }
    if let Some(merged) = merged_into(draft, history, from.grant_id).filter(|_| !is_revoked) {
        return Ok(Home::Open(Allocation { amount, ..merged }));
    }
    let terms = terms_in(history, from.grant_id);
    let is_expired = terms.expires_at.is_some_and(|at| at <= draft.now());
    if is_expired || is_revoked {
        return Ok(Home::Lot(renewed(draft, &terms, amount, taken_at)));
    }
    Ok(Home::Lot(terms))
}

/// The terms of a lot from its lineage's events.
pub(super) fn terms_in(history: &[Event], id: GrantId) -> Arc<GrantTerms> {
    let terms = history.iter().filter_map(terms_of).find(|terms| terms.grant_id == id);
    Arc::clone(terms.expect("a lot that was drawn from was made by an event of its lineage"))
}

/// A new lot of the same terms, for the life that the old one had left at `taken_at`. Where none was left (the debt of a
/// purchase that was taken back after its expiry), the credits come back without an end: they had been replaced by
/// credits of any age, and a lot that ends in the past would give nothing back.
pub(super) fn renewed(
    draft: &mut Draft<'_>,
    old: &GrantTerms,
    amount: Credits,
    taken_at: Timestamp,
) -> Arc<GrantTerms> {
    let now = draft.now();
    let life_left = old.expires_at.map(|at| at - taken_at).filter(|life| *life > TimeDelta::zero());
    let end = |life| now.checked_add_signed(life).map_or_else(end_of_time, |at| at.min(end_of_time()));
    Arc::new(GrantTerms {
        grant_id: GrantId::new(draft.make_entity()),
        amount,
        granted_at: now,
        effective_at: now,
        expires_at: life_left.map(end),
        origin_grant_id: Some(old.root()),
        ..old.clone()
    })
}

/// Whether the lot ended by a void, and no reinstatement has opened it again since.
pub(super) fn is_voided(history: &[Event], id: GrantId) -> bool {
    let last = history.iter().rev().find_map(|event| match &event.fact {
        Fact::GrantVoided(f) if f.grant.grant_id == id => Some(true),
        Fact::GrantRestored(f) if f.terms.grant_id == id => Some(false),
        _ => None,
    });
    last.unwrap_or(false)
}

fn merged_into(draft: &Draft<'_>, history: &[Event], id: GrantId) -> Option<Allocation> {
    let into = history.iter().rev().find_map(|event| match &event.fact {
        Fact::GrantMerged(f) if f.grant.grant_id == id => Some(f.into),
        _ => None,
    })?;
    let lot = draft.state.lot(into).filter(|lot| lot.closed.is_none())?;
    Some(Allocation::of(&lot.terms, Credits::ZERO))
}
