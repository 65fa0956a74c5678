//! What time alone causes (DESIGN section 3, rule 2; CORRECTNESS C3 and C12).
//!
//! Invariant: whenever [`Organization::next_due`] is not after `now`, a settlement emits at least one event.

use crate::decide::draft::Draft;
use crate::decide::follow;
use crate::decide::free_credits;
use crate::decide::recharge::time_out;
use crate::decide::reservation::repaying;
use crate::events::{GrantBecameEffective, ReservationExpired};
use crate::grant::{Allocation, Lot};
use crate::ids::{GrantId, RechargeId, ReservationId};
use crate::limits::MAX_SETTLED_EVENTS;
use crate::recharge::NoRecharge;
use crate::state::Organization;
use crate::time::{Timestamp, start_of_next_month};

/// One fact causes at most this many events (itself, the closing of a lot, a repayment, alerts), so that a piece that
/// stops this far below [`MAX_SETTLED_EVENTS`] never passes it.
const EVENTS_PER_FACT_MAX: usize = 10;

/// A fact that time causes; in the order in which facts of one instant settle.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Due {
    /// Something was released to a lot that is closed, or that a claw-back had counted: it ends or repays at once.
    Released(GrantId),
    Release(ReservationId),
    Effective(GrantId),
    Expire(GrantId),
    /// A period of the monthly grant begins; what is left of the one before has expired by then.
    Period,
    RechargeTimeout(RechargeId),
    /// A cool-down or a month has ended.
    RechargeAgain,
}

impl Organization {
    /// The earliest instant at which time causes a fact; never before the stream's last event.
    #[must_use]
    pub fn next_due(&self) -> Option<Timestamp> {
        next(self).map(|(at, _)| at)
    }
}

fn next(state: &Organization) -> Option<(Timestamp, Due)> {
    let again = recharge_again(state).map(|at| (at, Due::RechargeAgain));
    next_fact(state).into_iter().chain(again).min()
}

/// What is due beside a recharge, which is asked for at the time of asking and so comes last.
fn next_fact(state: &Organization) -> Option<(Timestamp, Due)> {
    // In burn order, as after a command.
    if let Some(released) = state.lots.iter().find(|lot| lot.is_unsettled()) {
        return state.last_event_at.map(|at| (at, Due::Released(released.id())));
    }
    let lots = state.lots.iter().filter_map(|lot| {
        let id = lot.id();
        match (lot.effective, lot.closed) {
            (false, None) => Some((lot.terms.effective_at, Due::Effective(id))),
            (true, None) => lot.terms.expires_at.map(|at| (at, Due::Expire(id))),
            (_, Some(_)) => None,
        }
    });
    let release = state.deadlines.first().map(|(at, id)| (*at, Due::Release(*id)));
    let timeout = state.recharge.in_flight.as_ref().zip(state.recharge.deadline());
    let timeout = timeout.map(|(request, at)| (at, Due::RechargeTimeout(request.recharge_id)));
    let period = state.recurring.as_ref().and_then(|recurring| Some((recurring.next_start()?, Due::Period)));
    let (at, due) = lots.chain(release).chain(timeout).chain(period).min()?;
    Some((state.last_event_at.map_or(at, |last| last.max(at)), due))
}

/// When a recharge that has to wait may be asked for.
fn recharge_again(state: &Organization) -> Option<Timestamp> {
    let balance = state.unrestricted_balance();
    let recharge = &state.recharge;
    let last = state.last_event_at?;
    let cooled = match recharge.order(balance, last) {
        Ok(_) => return Some(last),
        Err(NoRecharge::CoolingDown { until }) => until,
        Err(NoRecharge::MonthlyLimitReached { .. }) => start_of_next_month(last)?,
        Err(_) => return None,
    };
    match recharge.order(balance, cooled) {
        Ok(_) => Some(cooled),
        Err(NoRecharge::MonthlyLimitReached { .. }) => {
            let month = start_of_next_month(cooled)?;
            recharge.order(balance, month).is_ok().then_some(month)
        }
        Err(_) => None,
    }
}

/// Emits what is due at `now`, in order, at most [`MAX_SETTLED_EVENTS`] at once; alerts come after the last piece.
pub(super) fn settle(draft: &mut Draft<'_>) {
    while let Some((at, due)) = next_fact(&draft.state).filter(|(at, _)| *at <= draft.now()) {
        if draft.event_count() + EVENTS_PER_FACT_MAX > MAX_SETTLED_EVENTS {
            return;
        }
        cause(draft, due, at);
        // A lot's own debt is repaid by what was released to it, so that comes before the general repayment.
        if !draft.state.lots.iter().any(Lot::is_unsettled) {
            follow::repay_debt(draft, at);
        }
    }
    follow::judge(draft);
}

fn cause(draft: &mut Draft<'_>, due: Due, at: Timestamp) {
    match due {
        Due::Released(id) => follow::settle_released(draft, id, at),
        Due::Expire(id) => follow::end(draft, id, at),
        Due::Release(id) => release(draft, id, at),
        Due::Effective(id) => become_effective(draft, id, at),
        Due::Period => free_credits::begin_period(draft, at),
        Due::RechargeTimeout(id) => time_out(draft, id, at),
        Due::RechargeAgain => {}
    }
}

fn release(draft: &mut Draft<'_>, id: ReservationId, at: Timestamp) {
    let Some(reservation) = draft.state.reservation(id).cloned() else { return };
    let released = reservation.allocations.clone();
    let repays = repaying(&draft.state, &released);
    draft.emit_at(ReservationExpired { reservation_id: id, amount: reservation.amount, released, repays }, at);
}

fn become_effective(draft: &mut Draft<'_>, id: GrantId, at: Timestamp) {
    let Some(lot) = draft.state.lot(id) else { return };
    let grant = Allocation::of(&lot.terms, lot.remaining);
    draft.emit_at(GrantBecameEffective { grant }, at);
}
