//! Auto-recharge commands. Whether to recharge is `Recharge::order`; asking for it is `follow::judge`.

use chrono::TimeDelta;

use crate::commands::{CompleteRecharge, Expiry, FailRecharge, ResumeRecharge, RevokeCause, SuspendRecharge};
use crate::credits::Credits;
use crate::decide::draft::{Draft, Stop};
use crate::decide::purchase::{Paid, complete as complete_purchase, completed};
use crate::error::CommandError;
use crate::events::{
    AutoRechargeConfigured, Event, Fact, RechargeCompleted, RechargeFailed, RechargeRequested, RechargeResumed,
    RechargeSuspended,
};
use crate::ids::{PurchaseId, RechargeId};
use crate::recharge::{AutoRechargePolicy, RechargeFailure, ResumeCause, SuspensionCause};
use crate::text::{Note, ReferenceText};
use crate::time::Timestamp;

pub(super) fn configure(draft: &mut Draft<'_>, policy: Option<&AutoRechargePolicy>) -> Result<(), Stop> {
    let Some(policy) = policy else {
        switch_off(draft);
        return Ok(());
    };
    let size = policy.package.credits.get();
    let amount = policy.packages_wanted().checked_mul(size).map_or(Credits::MAX_AMOUNT, Credits::new);
    if policy.enabled && amount <= policy.threshold {
        return Err(CommandError::RechargeCannotLift { amount, threshold: policy.threshold }.into());
    }
    draft.emit(AutoRechargeConfigured { policy: policy.clone() });
    Ok(())
}

/// Needs nothing of the catalogue, so that nothing there can keep a customer from it.
fn switch_off(draft: &mut Draft<'_>) {
    match draft.state.recharge.policy.clone().filter(|policy| policy.enabled) {
        Some(policy) => draft.emit(AutoRechargeConfigured { policy: AutoRechargePolicy { enabled: false, ..policy } }),
        None => draft.note("configure_auto_recharge", None),
    }
}

/// Asks whether a recharge is due now; the request itself is emitted by `follow::judge`.
pub(super) fn request(draft: &mut Draft<'_>) -> Result<(), Stop> {
    let order = draft.state.recharge.order(draft.state.unrestricted_balance(), draft.now());
    order.map_err(CommandError::RechargeNotDue)?;
    Ok(())
}

/// Books the charge that a request made, once, whether or not the payment has been recorded before. One that had been
/// given up is booked too: the money was taken.
pub(super) fn complete(draft: &mut Draft<'_>, command: &CompleteRecharge) -> Result<(), Stop> {
    let id = command.recharge_id;
    let history = draft.history(id.entity())?;
    let request = requested(history).ok_or(CommandError::RechargeNotFound(id))?;
    let payment_reference = id.payment_reference();
    let purchase_id = id.purchase(draft.context.organization);
    if completed(draft.history(purchase_id.entity())?).is_none() {
        let expiry = validity(request, draft.now());
        let (offer, metadata) = (request.offer(), &command.metadata);
        complete_purchase(draft, &Paid { offer: &offer, payment_reference: &payment_reference, expiry, metadata })?;
    }
    if !end_paid(draft, id, purchase_id)? {
        draft.note("complete_recharge", Some(id.entity()));
    }
    Ok(())
}

/// Ends the recharge whose payment was recorded as a purchase: webhooks know purchases only.
pub(super) fn follow_purchase(draft: &mut Draft<'_>, reference: &ReferenceText, paid: PurchaseId) -> Result<(), Stop> {
    if let Some(id) = RechargeId::of_reference(reference) {
        end_paid(draft, id, paid)?;
    }
    Ok(())
}

/// Whether this ends it: there is such a request, and it has not been paid before.
fn end_paid(draft: &mut Draft<'_>, id: RechargeId, purchase_id: PurchaseId) -> Result<bool, Stop> {
    let history = draft.history(id.entity())?;
    let Some(request) = requested(history) else { return Ok(false) };
    if history.iter().any(|event| matches!(event.fact, Fact::RechargeCompleted(_))) {
        return Ok(false);
    }
    let counted_again = history
        .iter()
        .any(|event| matches!(&event.fact, Fact::RechargeFailed(f) if f.failure != RechargeFailure::TimedOut));
    draft.emit(RechargeCompleted { recharge_id: id, purchase_id, price: request.price, counted_again });
    Ok(true)
}

fn requested(history: &[Event]) -> Option<&RechargeRequested> {
    history.iter().find_map(|event| match &event.fact {
        Fact::RechargeRequested(f) => Some(f),
        _ => None,
    })
}

fn validity(request: &RechargeRequested, now: Timestamp) -> Expiry {
    let at = request.validity_days.and_then(|days| now.checked_add_signed(TimeDelta::days(i64::from(days))));
    at.map_or(Expiry::Never, Expiry::At)
}

pub(super) fn fail(draft: &mut Draft<'_>, command: &FailRecharge) -> Result<(), Stop> {
    let id = command.recharge_id;
    if draft.state.recharge.in_flight.as_ref().is_none_or(|request| request.recharge_id != id) {
        let known = requested(draft.history(id.entity())?).is_some();
        return Err(if known { CommandError::RechargeEnded(id) } else { CommandError::RechargeNotFound(id) }.into());
    }
    let (failure, detail, link) = (command.failure, command.detail.clone(), command.link.clone());
    let fact = RechargeFailed { recharge_id: id, failure, detail, link };
    give_up(draft, fact, draft.now());
    Ok(())
}

/// Ends a request, and suspends recharging where a person has to look first.
pub(super) fn give_up(draft: &mut Draft<'_>, fact: RechargeFailed, at: Timestamp) {
    let failure = fact.failure;
    draft.emit_at(fact, at);
    if let Some(cause) = failure.suspends(draft.state.recharge.declines_in_a_row) {
        stop(draft, cause, at);
    }
}

/// Once: the first reason is what somebody has to look at, unless a new card would end it and not this one.
fn stop(draft: &mut Draft<'_>, cause: SuspensionCause, at: Timestamp) {
    let known = draft.state.recharge.suspended.as_ref().map(|suspension| suspension.cause);
    if known.is_none_or(|known| known.ends_with_a_new_card() && !cause.ends_with_a_new_card()) {
        let reason = Note::try_new(cause.reason()).expect("a reason of ours is short and not empty");
        draft.emit_at(RechargeSuspended { cause, reason }, at);
    }
}

/// A customer who disputes a payment, or was given the money of a recharge back, is not charged again before somebody
/// has looked: the credits that were taken back would ask for the next charge.
pub(super) fn mistrust(draft: &mut Draft<'_>, reference: &ReferenceText, cause: RevokeCause) {
    let cause = match cause {
        RevokeCause::Dispute => Some(SuspensionCause::Dispute),
        RevokeCause::Refund => RechargeId::of_reference(reference).map(|_| SuspensionCause::Refund),
    };
    if let Some(cause) = cause.filter(|_| draft.state.recharge.policy.is_some()) {
        stop(draft, cause, draft.now());
    }
}

/// Ends a request that nobody answered.
pub(super) fn time_out(draft: &mut Draft<'_>, recharge_id: RechargeId, at: Timestamp) {
    let failure = RechargeFailure::TimedOut;
    give_up(draft, RechargeFailed { recharge_id, failure, detail: None, link: None }, at);
}

pub(super) fn suspend(draft: &mut Draft<'_>, command: &SuspendRecharge) {
    if draft.state.recharge.suspended.is_some() {
        draft.note("suspend_recharge", None);
    } else {
        draft.emit(RechargeSuspended { cause: command.cause, reason: command.reason.clone() });
    }
}

/// A new card ends only what waits for one.
pub(super) fn resume(draft: &mut Draft<'_>, command: ResumeRecharge) {
    let cause = command.cause;
    let ends = |of: SuspensionCause| match cause {
        ResumeCause::Person => true,
        ResumeCause::NewCard => of.ends_with_a_new_card(),
    };
    if draft.state.recharge.suspended.as_ref().is_some_and(|suspension| ends(suspension.cause)) {
        draft.emit(RechargeResumed { cause });
    } else {
        draft.note("resume_recharge", None);
    }
}
