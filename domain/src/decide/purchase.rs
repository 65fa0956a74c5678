//! Purchases: started, completed, failed, expired. Nothing but a completed one creates credits, and a late success
//! still does.

use std::sync::Arc;

use crate::commands::{EndPurchase, Expiry, Offer, RecordPurchase, StartPurchase};
use crate::decide::draft::{Draft, Stop};
use crate::decide::grant::{bound_lots, expires_at, merge_at_limit};
use crate::decide::recharge;
use crate::error::CommandError;
use crate::events::{Event, Fact, PurchaseCompleted, PurchaseExpired, PurchaseFailed, PurchaseStarted};
use crate::grant::{Category, CostBasis, GrantTerms};
use crate::ids::PurchaseId;
use crate::text::{Metadata, ReferenceText};

pub(super) fn start(draft: &mut Draft<'_>, command: &StartPurchase) -> Result<(), Stop> {
    let purchase_id = PurchaseId::of_reference(draft.context.organization, command.payment_reference.as_str());
    if !draft.history(purchase_id.entity())?.is_empty() {
        return Err(CommandError::PaymentReferenceUsed(purchase_id).into());
    }
    draft.emit(PurchaseStarted {
        purchase_id,
        offer: command.offer.clone(),
        payment_reference: command.payment_reference.clone(),
        metadata: command.metadata.clone(),
    });
    Ok(())
}

pub(super) fn record(draft: &mut Draft<'_>, command: &RecordPurchase) -> Result<(), Stop> {
    let paid = Paid {
        offer: &command.offer,
        payment_reference: &command.payment_reference,
        expiry: command.expiry,
        metadata: &command.metadata,
    };
    let purchase_id = complete(draft, &paid)?;
    recharge::follow_purchase(draft, &command.payment_reference, purchase_id)
}

/// A payment that has arrived.
pub(super) struct Paid<'a> {
    pub(super) offer: &'a Offer,
    pub(super) payment_reference: &'a ReferenceText,
    pub(super) expiry: Expiry,
    pub(super) metadata: &'a Metadata,
}

/// Credits a payment, once for each payment reference (CORRECTNESS C22).
pub(super) fn complete(draft: &mut Draft<'_>, paid: &Paid<'_>) -> Result<PurchaseId, Stop> {
    let purchase_id = PurchaseId::of_reference(draft.context.organization, paid.payment_reference.as_str());
    if completed(draft.history(purchase_id.entity())?).is_some() {
        return Err(CommandError::PaymentReferenceUsed(purchase_id).into());
    }
    bound_lots(&draft.state, 1)?;
    draft.bound_inflow(paid.offer.credits)?;
    let now = draft.now();
    let terms = Arc::new(GrantTerms {
        expires_at: expires_at(paid.expiry, now, now)?,
        cost_basis: Some(CostBasis { price: paid.offer.price, credits: paid.offer.credits }),
        purchase_id: Some(purchase_id),
        ..GrantTerms::unrestricted(purchase_id.grant(), Category::Paid, paid.offer.credits, now)
    });
    draft.emit(PurchaseCompleted {
        purchase_id,
        payment_reference: paid.payment_reference.clone(),
        price: paid.offer.price,
        package_id: paid.offer.package_id.clone(),
        package_version: paid.offer.package_version,
        bonus_credits: paid.offer.bonus_credits,
        terms,
        metadata: paid.metadata.clone(),
    });
    merge_at_limit(draft, purchase_id.grant(), now);
    Ok(purchase_id)
}

/// The completion in a purchase's events.
pub(super) fn completed(history: &[Event]) -> Option<&PurchaseCompleted> {
    history.iter().find_map(|event| match &event.fact {
        Fact::PurchaseCompleted(f) => Some(f),
        _ => None,
    })
}

pub(super) fn fail(draft: &mut Draft<'_>, command: &EndPurchase) -> Result<(), Stop> {
    if !ends_now(draft, command, "fail_purchase", |fact| matches!(fact, Fact::PurchaseFailed(_)))? {
        return Ok(());
    }
    draft.emit(PurchaseFailed { purchase_id: command.purchase_id, reason: command.reason.clone() });
    Ok(())
}

pub(super) fn expire(draft: &mut Draft<'_>, command: &EndPurchase) -> Result<(), Stop> {
    if !ends_now(draft, command, "expire_purchase", |fact| matches!(fact, Fact::PurchaseExpired(_)))? {
        return Ok(());
    }
    draft.emit(PurchaseExpired { purchase_id: command.purchase_id, reason: command.reason.clone() });
    Ok(())
}

/// Whether a started purchase ends by this command; one that ended so before is only noted.
fn ends_now(
    draft: &mut Draft<'_>,
    command: &EndPurchase,
    name: &'static str,
    is_same_end: impl Fn(&Fact) -> bool,
) -> Result<bool, Stop> {
    let id = command.purchase_id;
    let history = draft.history(id.entity())?;
    if history.is_empty() {
        return Err(CommandError::PurchaseNotFound(id).into());
    }
    if completed(history).is_some() {
        return Err(CommandError::PurchaseAlreadyPaid(id).into());
    }
    let ended_so = history.iter().any(|event| is_same_end(&event.fact));
    if ended_so {
        draft.note(name, Some(id.entity()));
    }
    Ok(!ended_so)
}
