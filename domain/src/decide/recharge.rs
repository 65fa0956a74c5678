//! Auto-recharge commands. Whether to recharge is `Recharge::order`; asking for it is `follow::judge`.

use chrono::TimeDelta;

use crate::commands::{CompleteRecharge, Expiry, FailRecharge, Offer, SuspendRecharge};
use crate::credits::Credits;
use crate::decide::draft::{Draft, Stop};
use crate::decide::purchase::{Paid, complete as complete_purchase};
use crate::error::CommandError;
use crate::events::{
    AutoRechargeConfigured, Event, Fact, RechargeCompleted, RechargeFailed, RechargeRequested, RechargeResumed,
    RechargeSuspended,
};
use crate::ids::RechargeId;
use crate::recharge::{AutoRechargePolicy, RechargeFailure};
use crate::text::{Metadata, Note};
use crate::time::Timestamp;

pub(super) fn configure(draft: &mut Draft<'_>, policy: &AutoRechargePolicy) -> Result<(), Stop> {
    let size = policy.package.credits.get();
    let amount = policy.packages_wanted().checked_mul(size).map_or(Credits::MAX_AMOUNT, Credits::new);
    if policy.enabled && amount <= policy.threshold {
        return Err(CommandError::RechargeCannotLift { amount, threshold: policy.threshold }.into());
    }
    draft.emit(AutoRechargeConfigured { policy: policy.clone() });
    Ok(())
}

/// Asks whether a recharge is due now; the request itself is emitted by `follow::judge`.
pub(super) fn request(draft: &mut Draft<'_>) -> Result<(), Stop> {
    let order = draft.state.recharge.order(draft.state.unrestricted_balance(), draft.now());
    order.map_err(CommandError::RechargeNotDue)?;
    Ok(())
}

/// Books the charge that a request made. One that had been given up is booked too: the money was taken.
pub(super) fn complete(draft: &mut Draft<'_>, command: &CompleteRecharge) -> Result<(), Stop> {
    let id = command.recharge_id;
    let history = draft.history(id.entity())?;
    if history.iter().any(|event| matches!(event.fact, Fact::RechargeCompleted(_))) {
        draft.note("complete_recharge", Some(id.entity()));
        return Ok(());
    }
    let counted_again = history
        .iter()
        .any(|event| matches!(&event.fact, Fact::RechargeFailed(f) if f.failure != RechargeFailure::TimedOut));
    let request = requested(history).ok_or(CommandError::RechargeNotFound(id))?;
    let offer = Offer {
        credits: request.credits,
        price: request.price,
        package_id: Some(request.package_id.clone()),
        package_version: None,
        bonus_credits: None,
    };
    let paid = Paid {
        offer: &offer,
        payment_reference: &command.payment_reference,
        expiry: validity(request, draft.now()),
        metadata: &Metadata::default(),
    };
    let purchase_id = complete_purchase(draft, &paid)?;
    draft.emit(RechargeCompleted { recharge_id: id, purchase_id, price: request.price, counted_again });
    Ok(())
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
    let fact = RechargeFailed { recharge_id: id, failure: command.failure, detail: command.detail.clone() };
    give_up(draft, fact, draft.now());
    Ok(())
}

/// Ends a request, and suspends recharging where a person has to look first.
pub(super) fn give_up(draft: &mut Draft<'_>, fact: RechargeFailed, at: Timestamp) {
    let failure = fact.failure;
    draft.emit_at(fact, at);
    if let Some(why) = failure.suspends(draft.state.recharge.declines_in_a_row) {
        let reason = Note::try_new(why).expect("a reason of ours is short and not empty");
        draft.emit_at(RechargeSuspended { reason }, at);
    }
}

/// Ends a request that nobody answered.
pub(super) fn time_out(draft: &mut Draft<'_>, recharge_id: RechargeId, at: Timestamp) {
    let failure = RechargeFailure::TimedOut;
    give_up(draft, RechargeFailed { recharge_id, failure, detail: None }, at);
}

pub(super) fn suspend(draft: &mut Draft<'_>, command: &SuspendRecharge) {
    if draft.state.recharge.suspended.is_some() {
        draft.note("suspend_recharge", None);
    } else {
        draft.emit(RechargeSuspended { reason: command.reason.clone() });
    }
}

pub(super) fn resume(draft: &mut Draft<'_>) {
    if draft.state.recharge.suspended.is_some() {
        draft.emit(RechargeResumed {});
    } else {
        draft.note("resume_recharge", None);
    }
}
