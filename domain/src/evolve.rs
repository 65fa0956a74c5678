//! Applies facts to the state. Holds no rule and never fails: what an event says has happened.

use std::sync::Arc;

use crate::credits::Credits;
use crate::events::{
    ConsumptionRefunded, CreditsConsumed, CreditsReserved, DebtRepaid, Event, Fact, GrantMerged, PurchaseReinstated,
    PurchaseRevoked, RechargeCompleted, RechargeFailed, RechargeRequested, ReservationConfirmed, RestoreCause,
};
use crate::free_credits::GrantRule;
use crate::grant::{Allocation, Closed, Lot, Money, total};
use crate::ids::ReservationId;
use crate::price::Receipt;
use crate::recharge::{Ended, InFlight, RechargeFailure, Suspension};
use crate::state::{Organization, Reservation, ReservedPrice};
use crate::time::{Timestamp, month_of};

/// Folds one event into the state.
pub fn evolve(state: &mut Organization, event: &Event) {
    apply(state, &event.fact, event.occurred_at);
    debug_assert_eq!(state.check_books(), Ok(()), "after {event:?}");
}

pub(crate) fn apply(state: &mut Organization, fact: &Fact, at: Timestamp) {
    state.last_event_at = Some(state.last_event_at.map_or(at, |last| last.max(at)));
    match fact {
        Fact::CreditsGranted(f) => {
            state.totals.granted = state.totals.granted + f.terms.amount;
            let effective = f.terms.effective_at <= at;
            state.add_lot(&f.terms, f.terms.amount, effective);
            if effective {
                top_up(state, f.terms.amount);
            }
            if f.terms.rule == Some(GrantRule::Recurring) {
                begin_period(state);
            }
        }
        Fact::GrantBecameEffective(f) => {
            if let Some(lot) = state.lot_mut(f.grant.grant_id) {
                lot.effective = true;
            }
            top_up(state, f.grant.amount);
        }
        Fact::GrantExpired(f) => {
            state.totals.expired = state.totals.expired + f.grant.amount;
            close(state, &f.grant, Closed::Expired);
        }
        Fact::GrantVoided(f) => {
            state.totals.voided = state.totals.voided + f.grant.amount;
            close(state, &f.grant, Closed::Voided);
        }
        Fact::GrantRestored(f) => {
            match f.cause {
                RestoreCause::Refund => state.totals.refunded = state.totals.refunded + f.amount,
                RestoreCause::Reinstatement => state.totals.reinstated = state.totals.reinstated + f.amount,
            }
            state.add_lot(&f.terms, f.amount, f.terms.effective_at <= at);
        }
        Fact::GrantMerged(f) => merge(state, f),
        Fact::PurchaseCompleted(f) => {
            state.totals.purchased = state.totals.purchased + f.terms.amount;
            state.add_lot(&f.terms, f.terms.amount, true);
            top_up(state, f.terms.amount);
        }
        Fact::PurchaseRevoked(f) => revoke(state, f),
        Fact::PurchaseReinstated(f) => reinstate(state, f),
        Fact::CreditsConsumed(f) => consume(state, f, at),
        Fact::ConsumptionRefunded(f) => refund(state, f),
        Fact::CreditsReserved(f) => reserve(state, f, at),
        Fact::ReservationConfirmed(f) => confirm(state, f, at),
        Fact::ReservationCancelled(f) => unhold(state, f.reservation_id, &f.released, &f.repays),
        Fact::ReservationExpired(f) => unhold(state, f.reservation_id, &f.released, &f.repays),
        Fact::DebtRepaid(f) => repay(state, f),
        Fact::RepaymentReturned(f) => {
            clear_repays(state, std::slice::from_ref(&f.from));
            state.add_lot(&f.terms, f.from.amount, true);
        }
        Fact::CreditsAdjustedUp(f) => {
            state.totals.adjusted_up = state.totals.adjusted_up + f.terms.amount;
            state.add_lot(&f.terms, f.terms.amount, true);
            top_up(state, f.terms.amount);
        }
        Fact::CreditsAdjustedDown(f) => {
            state.totals.adjusted_down = state.totals.adjusted_down + f.amount;
            state.debt = state.debt + f.overdraft;
            take(state, &f.allocations);
        }
        Fact::SettingsChanged(f) => {
            state.settings = f.settings;
            arm(state);
        }
        Fact::LowBalanceReached(_) => state.alerts.low_armed = false,
        Fact::LowBalanceCleared(_) => state.alerts.low_armed = true,
        Fact::BalanceExhausted(_) => state.alerts.exhausted_armed = false,
        Fact::BalanceRecovered(_) => state.alerts.exhausted_armed = true,
        Fact::AutoRechargeConfigured(f) => state.recharge.policy = Some(f.policy.clone()),
        Fact::RecurringGrantConfigured(f) => state.recurring = f.recurring.clone(),
        Fact::RecurringGrantSkipped(_) => begin_period(state),
        Fact::RechargeRequested(f) => request_recharge(state, f, at),
        Fact::RechargeCompleted(f) => complete_recharge(state, f, at),
        Fact::RechargeFailed(f) => fail_recharge(state, f, at),
        Fact::RechargeSuspended(f) => {
            state.recharge.suspended = Some(Suspension { cause: f.cause, reason: f.reason.clone(), since: at });
        }
        Fact::RechargeResumed(_) => {
            state.recharge.suspended = None;
            state.recharge.declines_in_a_row = 0;
        }
        Fact::PurchaseStarted(_) | Fact::PurchaseFailed(_) | Fact::PurchaseExpired(_) | Fact::CommandNoted(_) => {}
    }
}

fn top_up(state: &mut Organization, amount: Credits) {
    state.last_top_up = Some(amount);
    arm(state);
}

fn begin_period(state: &mut Organization) {
    if let Some(recurring) = &mut state.recurring {
        recurring.periods += 1;
    }
}

fn arm(state: &mut Organization) {
    // Unarmed until the first credits (CORRECTNESS C19): a change of settings alone arms nothing.
    if state.last_top_up.is_some() {
        state.alerts.low_armed = true;
    }
    state.alerts.exhausted_armed |= state.last_top_up.is_some() && state.unrestricted_balance().is_positive();
}

fn close(state: &mut Organization, grant: &Allocation, closed: Closed) {
    if let Some(lot) = state.lot_mut(grant.grant_id) {
        lot.remaining = lot.remaining - grant.amount;
        lot.repays = Credits::ZERO;
        lot.closed = Some(closed);
    }
    state.drop_empty_lots();
}

fn merge(state: &mut Organization, fact: &GrantMerged) {
    if let Some(lot) = state.lot_mut(fact.grant.grant_id) {
        lot.remaining = lot.remaining - fact.grant.amount;
    }
    if let Some(lot) = state.lot_mut(fact.into) {
        lot.remaining = lot.remaining + fact.grant.amount;
    }
    state.drop_empty_lots();
}

fn take(state: &mut Organization, allocations: &[Allocation]) {
    change_each(state, allocations, |lot, amount| lot.remaining = lot.remaining - amount);
    state.drop_empty_lots();
}

fn repay(state: &mut Organization, fact: &DebtRepaid) {
    state.debt = state.debt - fact.amount;
    clear_repays(state, &fact.allocations);
}

/// Takes credits from lots, those first that a release has left to repay.
fn clear_repays(state: &mut Organization, allocations: &[Allocation]) {
    change_each(state, allocations, |lot, amount| lot.repays = (lot.repays - amount).or_zero());
    take(state, allocations);
}

fn change_each(state: &mut Organization, allocations: &[Allocation], change: impl Fn(&mut Lot, Credits)) {
    for allocation in allocations {
        if let Some(lot) = state.lot_mut(allocation.grant_id) {
            change(lot, allocation.amount);
        }
    }
}

fn revoke(state: &mut Organization, fact: &PurchaseRevoked) {
    state.totals.clawed_back = state.totals.clawed_back + fact.amount;
    state.debt = state.debt + fact.debt;
    change_each(state, &fact.held, |lot, amount| lot.owe(fact.purchase_id, amount));
    take(state, &fact.allocations);
}

fn reinstate(state: &mut Organization, fact: &PurchaseReinstated) {
    state.totals.reinstated = state.totals.reinstated + total(&fact.returned);
    change_each(state, &fact.held, |lot, amount| lot.forgive(fact.purchase_id, amount));
    change_each(state, &fact.returned, |lot, amount| lot.remaining = lot.remaining + amount);
}

fn consume(state: &mut Organization, fact: &CreditsConsumed, at: Timestamp) {
    state.totals.consumed = state.totals.consumed + fact.amount;
    state.debt = state.debt + fact.overdraft;
    take(state, &fact.allocations);
    count(state, fact.receipt.as_deref(), at);
}

/// Only what is spent has been used: a reservation counts when it is confirmed.
fn count(state: &mut Organization, receipt: Option<&Receipt>, at: Timestamp) {
    if let Some(receipt) = receipt {
        state.monthly_use.count(receipt, at);
    }
}

fn refund(state: &mut Organization, fact: &ConsumptionRefunded) {
    state.totals.refunded = state.totals.refunded + (fact.amount - fact.restored);
    state.debt = state.debt - fact.debt_reduced;
    change_each(state, &fact.returned, |lot, amount| lot.remaining = lot.remaining + amount);
}

fn reserve(state: &mut Organization, fact: &CreditsReserved, at: Timestamp) {
    change_each(state, &fact.allocations, |lot, amount| lot.held = lot.held + amount);
    let reservation = Reservation {
        amount: fact.amount,
        allocations: fact.allocations.clone(),
        overdraft_held: fact.overdraft_held,
        reserved_at: at,
        expires_at: fact.expires_at,
        over: fact.over,
        usage: Arc::clone(&fact.usage),
        price: fact.receipt.as_deref().map(ReservedPrice::of),
    };
    state.open_reservation(fact.reservation_id, Arc::new(reservation));
}

fn unhold(state: &mut Organization, id: ReservationId, released: &[Allocation], repays: &[Allocation]) {
    let Some(reservation) = state.close_reservation(id) else { return };
    change_each(state, released, Lot::settle_owed);
    change_each(state, repays, |lot, amount| lot.repays = lot.repays + amount);
    change_each(state, &reservation.allocations, |lot, amount| {
        lot.held = lot.held - amount;
        lot.bound_owed(lot.held);
    });
}

fn confirm(state: &mut Organization, fact: &ReservationConfirmed, at: Timestamp) {
    unhold(state, fact.reservation_id, &fact.released, &fact.repays);
    state.totals.consumed = state.totals.consumed + fact.amount;
    state.debt = state.debt + fact.overdraft;
    take(state, &fact.allocations);
    count(state, fact.receipt.as_deref(), at);
}

fn request_recharge(state: &mut Organization, fact: &RechargeRequested, at: Timestamp) {
    let recharge = &mut state.recharge;
    recharge.count(fact.price, at);
    recharge.last_requested_at = Some(at);
    recharge.in_flight = Some(InFlight {
        recharge_id: fact.recharge_id,
        requested_at: at,
        credits: fact.credits,
        price: fact.price,
        package_id: fact.package_id.clone(),
    });
}

fn complete_recharge(state: &mut Organization, fact: &RechargeCompleted, at: Timestamp) {
    let recharge = &mut state.recharge;
    recharge.declines_in_a_row = 0;
    recharge.in_flight.take_if(|request| request.recharge_id == fact.recharge_id);
    if fact.counted_again {
        recharge.count(fact.price, at);
    }
    let purchase_id = Some(fact.purchase_id);
    recharge.last_ended = Some(Ended { recharge_id: fact.recharge_id, at, failure: None, detail: None, purchase_id });
}

fn fail_recharge(state: &mut Organization, fact: &RechargeFailed, at: Timestamp) {
    let recharge = &mut state.recharge;
    if fact.failure == RechargeFailure::Declined {
        recharge.declines_in_a_row += 1;
    }
    let (recharge_id, failure, detail) = (fact.recharge_id, Some(fact.failure), fact.detail.clone());
    recharge.last_ended = Some(Ended { recharge_id, at, failure, detail, purchase_id: None });
    let Some(request) = recharge.in_flight.take_if(|request| request.recharge_id == recharge_id) else { return };
    // What was reserved of the month's limit is free again, unless the charge may still succeed.
    if fact.failure != RechargeFailure::TimedOut && recharge.month == month_of(request.requested_at) {
        let Money { amount_minor, currency } = request.price;
        let spent = recharge.month_spent_minor.entry(currency).or_insert(0);
        *spent = spent.saturating_sub(amount_minor);
    }
}
