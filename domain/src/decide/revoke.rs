//! Taking a purchase's credits back after a refund or dispute, and giving them back when a dispute is won
//! (DESIGN section 3, rule 6; CORRECTNESS C17).

use std::sync::Arc;

use crate::commands::{ReinstatePurchase, RevokeExtent, RevokePurchase};
use crate::credits::Credits;
use crate::decide::burn::draw;
use crate::decide::draft::{Draft, Stop};
use crate::decide::grant::{bound_lots, merge_at_limit};
use crate::decide::lineage::{renewed, revoked, terms_in};
use crate::decide::pool::Pool;
use crate::decide::purchase::completed;
use crate::decide::recharge;
use crate::error::CommandError;
use crate::events::{Event, Fact, GrantRestored, PurchaseCompleted, PurchaseReinstated, PurchaseRevoked, RestoreCause};
use crate::grant::{Allocation, Category, GrantTerms, total};
use crate::ids::{GrantId, PurchaseId};
use crate::time::Timestamp;

pub(super) fn revoke(draft: &mut Draft<'_>, command: &RevokePurchase) -> Result<(), Stop> {
    let (purchase, history) = paid(draft, command.purchase_id)?;
    let left = purchase.terms.amount - revoked(history);
    if !left.is_positive() {
        return Err(CommandError::PurchaseAlreadyRevoked(command.purchase_id).into());
    }
    draft.bound_outflow(left)?;
    let taking = Taking::of(command, purchase, history, left)?;
    let pool = Pool::of(draft, command.purchase_id)?;
    let lots = pool.lots(draft);
    // What lapsed is not owed.
    let owed = taking.credits.min(pool.standing());
    let (allocations, debt) = draw(lots.iter().map(|lot| (*lot, lot.unheld())), owed);
    // Held credits that no claw-back has counted as spent.
    let (held, _) = draw(lots.iter().map(|lot| (*lot, lot.held - lot.owed())), debt);
    draft.emit(PurchaseRevoked {
        purchase_id: command.purchase_id,
        amount: total(&allocations) + debt,
        allocations,
        debt,
        held,
        not_owed: taking.credits - owed,
        price_minor: taking.price_minor,
        cause: command.cause,
        reference: command.reference.clone(),
        reason: command.reason.clone(),
    });
    recharge::mistrust(draft, &purchase.payment_reference, command.cause);
    Ok(())
}

/// How many credits a revocation asks for, and how much of the price goes back with them.
struct Taking {
    credits: Credits,
    price_minor: Option<i64>,
}

impl Taking {
    /// Money takes the difference of two shares of the whole purchase, each rounded down once: refunds in parts add up
    /// to what one refund of their sum would take.
    fn of(
        command: &RevokePurchase,
        purchase: &PurchaseCompleted,
        history: &[Event],
        left: Credits,
    ) -> Result<Self, CommandError> {
        let (before, price_minor) = (price_back_minor(history), purchase.price.amount_minor);
        let refundable_minor = price_minor - before;
        match command.extent {
            RevokeExtent::Rest => Ok(Self { credits: left, price_minor: Some(refundable_minor) }),
            RevokeExtent::Credits(credits) => Ok(Self { credits: credits.min(left), price_minor: None }),
            RevokeExtent::PriceMinor(requested_minor) if requested_minor > refundable_minor => {
                let purchase_id = command.purchase_id;
                Err(CommandError::RefundExceedsPurchase { purchase_id, refundable_minor, requested_minor })
            }
            RevokeExtent::PriceMinor(minor) => {
                let share = |of_price| purchase.terms.amount.share(of_price, price_minor);
                let share = |of_price| share(of_price).expect("a part of the price is not below zero or above it");
                let credits = (share(before + minor) - share(before)).min(left);
                Ok(Self { credits, price_minor: Some(minor) })
            }
        }
    }
}

/// How much of the price has gone back and not come again.
fn price_back_minor(history: &[Event]) -> i64 {
    let signed = |event: &Event| match &event.fact {
        Fact::PurchaseRevoked(f) => f.price_minor.unwrap_or(0),
        Fact::PurchaseReinstated(f) => -f.price_minor.unwrap_or(0),
        _ => 0,
    };
    history.iter().map(signed).sum()
}

/// A purchase that was paid, with the events of its lineage.
fn paid<'a>(draft: &Draft<'a>, id: PurchaseId) -> Result<(&'a PurchaseCompleted, &'a [Event]), Stop> {
    let history = draft.history(id.entity())?;
    match completed(history) {
        Some(purchase) => Ok((purchase, history)),
        None if history.is_empty() => Err(CommandError::PurchaseNotFound(id).into()),
        None => Err(CommandError::PurchaseNotPaid(id).into()),
    }
}

/// Gives back what the revocation took, its debt included: as credits, which repay what is still owed. What it counted as
/// spent is still held, so what comes back for it are credits of any purchase, such as have repaid it.
pub(super) fn reinstate(draft: &mut Draft<'_>, command: &ReinstatePurchase) -> Result<(), Stop> {
    let (_, history) = paid(draft, command.purchase_id)?;
    let (revocation, revoked_at) = revocation(history, command)?;
    draft.bound_inflow(revocation.amount)?;
    let held = still_counted(draft, command.purchase_id, &revocation.held);
    let (counted, root) = (total(&held), command.purchase_id.grant());
    let root = Allocation { grant_id: root, amount: revocation.debt - counted, origin_grant_id: None };
    let (mut returned, mut restored) = (Vec::new(), Vec::new());
    for taken in revocation.allocations.iter().chain(std::iter::once(&root)).filter(|a| a.amount.is_positive()) {
        match open_again(draft, history, taken, revoked_at) {
            None => returned.push(taken.clone()),
            Some(terms) => restored.push((terms, taken.amount)),
        }
    }
    if counted.is_positive() {
        let id = GrantId::new(draft.make_entity());
        restored.push((Arc::new(GrantTerms::unrestricted(id, Category::Paid, counted, draft.now())), counted));
    }
    bound_lots(&draft.state, restored.len())?;
    draft.emit(PurchaseReinstated {
        purchase_id: command.purchase_id,
        amount: revocation.amount,
        returned,
        held,
        price_minor: revocation.price_minor,
        cause: revocation.cause,
        reference: command.reference.clone(),
        reason: command.reason.clone(),
    });
    for (terms, amount) in restored {
        let id = terms.grant_id;
        draft.emit(GrantRestored { terms, amount, cause: RestoreCause::Reinstatement, reason: command.reason.clone() });
        merge_at_limit(draft, id, draft.now());
    }
    Ok(())
}

/// Of what a revocation counted as spent, the part that has neither come back nor been spent since. What came back was
/// first the other revocations': then it repaid what is owed still.
fn still_counted(draft: &Draft<'_>, purchase: PurchaseId, held: &[Allocation]) -> Vec<Allocation> {
    let counted = |taken: &Allocation| {
        let owed = draft.state.lot(taken.grant_id)?.owed.get(&purchase)?;
        Some(Allocation { amount: taken.amount.min(*owed), ..taken.clone() })
    };
    held.iter().filter_map(counted).collect()
}

/// The oldest revocation with the reference that has not been undone.
fn revocation<'a>(
    history: &'a [Event],
    command: &ReinstatePurchase,
) -> Result<(&'a PurchaseRevoked, Timestamp), CommandError> {
    let undone = history
        .iter()
        .filter(|event| matches!(&event.fact, Fact::PurchaseReinstated(f) if f.reference == command.reference));
    let mut revocations = history.iter().filter_map(|event| match &event.fact {
        Fact::PurchaseRevoked(f) if f.reference == command.reference => Some((f, event.occurred_at)),
        _ => None,
    });
    revocations.nth(undone.count()).ok_or(CommandError::RevocationNotFound(command.purchase_id))
}

/// `None` when the lot is open; else the terms of the lot that takes its credits: its own while its life lasts, or a
/// new one for the life that it had left when it was taken.
fn open_again(
    draft: &mut Draft<'_>,
    history: &[Event],
    taken: &Allocation,
    revoked_at: Timestamp,
) -> Option<Arc<GrantTerms>> {
    if draft.state.lot(taken.grant_id).is_some_and(|lot| lot.closed.is_none()) {
        return None;
    }
    let terms = terms_of_lot(history, taken);
    let is_closed = draft.state.lot(terms.grant_id).is_some_and(|lot| lot.closed.is_some());
    let is_over = terms.expires_at.is_some_and(|at| at <= draft.now()) || is_closed;
    Some(if is_over { renewed(draft, &terms, taken.amount, revoked_at) } else { terms })
}

/// A merged purchase's credits may have been taken from a lot of another lineage, and do not come back as that one's: the
/// purchase's own terms are equal to it.
fn terms_of_lot(history: &[Event], taken: &Allocation) -> Arc<GrantTerms> {
    let known = history.iter().filter_map(super::lineage::terms_of).any(|terms| terms.grant_id == taken.grant_id);
    if known {
        return terms_in(history, taken.grant_id);
    }
    let root = completed(history).expect("only a paid purchase is reinstated");
    Arc::clone(&root.terms)
}
