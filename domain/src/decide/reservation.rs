//! Holding credits for work in progress, and ending the hold exactly once.

use std::sync::Arc;

use chrono::TimeDelta;

use crate::commands::{CancelReservation, ConfirmReservation, Over, OverPolicy, Reserve};
use crate::credits::Credits;
use crate::decide::burn::{burn, push, split};
use crate::decide::consume::affordable;
use crate::decide::draft::{Draft, Stop};
use crate::decide::pricing::{self, Cost, confirmation};
use crate::error::{CommandError, ReservationEnd};
use crate::events::{CreditsReserved, Event, Fact, ReservationCancelled, ReservationConfirmed};
use crate::grant::{Allocation, total};
use crate::ids::ReservationId;
use crate::limits::{MAX_HELD_ALLOCATIONS, MAX_HELD_USAGE_BYTES, MAX_OPEN_RESERVATIONS};
use crate::state::{Organization, Reservation};

pub(super) fn reserve(draft: &mut Draft<'_>, command: &Reserve) -> Result<(), Stop> {
    let operation = command.usage.operation();
    let Cost { amount, receipt } = pricing::reservation(draft, command)?;
    bound_cap(command.over, amount)?;
    affordable(&draft.state, operation, amount)?;
    let (allocations, overdraft_held) = burn(&draft.state, operation, amount);
    bound_reservations(&draft.state, allocations.len(), command.usage.bytes())?;
    let deadline = draft.now().checked_add_signed(TimeDelta::seconds(i64::from(command.expires_in_seconds)));
    let reservation_id = ReservationId::new(draft.make_entity());
    draft.emit(CreditsReserved {
        reservation_id,
        amount,
        allocations,
        overdraft_held,
        expires_at: deadline.expect("validation bounds the deadline to a month"),
        over: command.over,
        usage: Arc::clone(&command.usage),
        receipt,
    });
    Ok(())
}

fn bound_cap(over: Over, amount: Credits) -> Result<(), CommandError> {
    if over.max_amount.is_none_or(|cap| cap >= amount && cap <= Credits::MAX_AMOUNT) {
        return Ok(());
    }
    let problem = "must be from the reserved amount to 10^15".to_owned();
    Err(CommandError::Invalid { field: "over.max_amount", problem })
}

fn bound_reservations(state: &Organization, allocations: usize, usage_bytes: usize) -> Result<(), CommandError> {
    let limits = [
        ("reservations", state.reservations.size() + 1, MAX_OPEN_RESERVATIONS),
        ("held allocations", state.held_allocations + allocations, MAX_HELD_ALLOCATIONS),
        ("bytes of reservations' labels", state.held_usage_bytes + usage_bytes, MAX_HELD_USAGE_BYTES),
    ];
    match limits.into_iter().find(|(_, count, limit)| count > limit) {
        Some((what, _, limit)) => Err(CommandError::TooManyOpen { what, limit }),
        None => Ok(()),
    }
}

pub(super) fn confirm(draft: &mut Draft<'_>, command: &ConfirmReservation) -> Result<(), Stop> {
    let id = command.reservation_id;
    let Some(reservation) = draft.state.reservation(id).cloned() else { return confirm_again(draft, command) };
    let (Cost { amount: requested, receipt }, usage) = confirmation(draft, command, &reservation)?;
    if let Some(allowed) = cap(&reservation).filter(|allowed| requested > *allowed) {
        return Err(CommandError::ConfirmExceedsReservation { reservation_id: id, allowed, requested }.into());
    }
    draft.bound_outflow(requested)?;
    let drawn = Drawn::of(&draft.state, &reservation, requested);
    draft.emit(ReservationConfirmed {
        reservation_id: id,
        requested,
        amount: requested - drawn.shortfall,
        reserved: reservation.amount,
        reserved_at: reservation.reserved_at,
        allocations: drawn.allocations,
        from_hold: drawn.from_hold,
        from_free: drawn.from_free,
        repays: repaying(&draft.state, &drawn.released),
        released: drawn.released,
        overdraft: drawn.overdraft,
        shortfall: drawn.shortfall,
        usage,
        receipt,
    });
    Ok(())
}

/// Of held credits that go back, those that claw-backs have counted as spent.
pub(super) fn repaying(state: &Organization, released: &[Allocation]) -> Vec<Allocation> {
    let counted = |of: &Allocation| {
        let amount = state.lot(of.grant_id)?.counted_of(of.amount);
        amount.is_positive().then(|| Allocation { amount, ..of.clone() })
    };
    released.iter().filter_map(counted).collect()
}

/// The most that a confirmation may ask for.
fn cap(reservation: &Reservation) -> Option<Credits> {
    match reservation.over.policy {
        OverPolicy::Reject => Some(reservation.amount),
        OverPolicy::TakeAvailable | OverPolicy::Overdraft => reservation.over.max_amount,
    }
}

/// Where the credits of a confirmation come from.
struct Drawn {
    allocations: Vec<Allocation>,
    from_hold: Credits,
    from_free: Vec<Allocation>,
    released: Vec<Allocation>,
    overdraft: Credits,
    shortfall: Credits,
}

impl Drawn {
    /// First the hold, in burn order; then free credits; then below zero, as far as the hold and the policy allow
    /// (CORRECTNESS C16).
    fn of(state: &Organization, reservation: &Reservation, requested: Credits) -> Self {
        let (mut allocations, released, beyond_lots) = split(&reservation.allocations, requested);
        let from_hold = total(&allocations);
        let (from_free, below_zero) = burn(state, reservation.usage.operation(), beyond_lots);
        for allocation in &from_free {
            push(&mut allocations, allocation, allocation.amount);
        }
        let overdraft = match reservation.over.policy {
            OverPolicy::Reject | OverPolicy::Overdraft => below_zero,
            OverPolicy::TakeAvailable => below_zero.min(overdraft_of(state, reservation)),
        };
        Self { allocations, from_hold, from_free, released, overdraft, shortfall: below_zero - overdraft }
    }
}

/// What the reservation may take below zero: its own hold in any case, and what room there is beside the others'.
fn overdraft_of(state: &Organization, reservation: &Reservation) -> Credits {
    let held_by_others = state.overdraft_held - reservation.overdraft_held;
    let room = state.settings.overdraft_limit - state.debt - held_by_others;
    room.max(reservation.overdraft_held)
}

/// Ending a reservation again the same way answers the first outcome, another way is refused (DESIGN section 3, rule 4).
fn confirm_again(draft: &mut Draft<'_>, command: &ConfirmReservation) -> Result<(), Stop> {
    let id = command.reservation_id;
    let history = draft.history(id.entity())?;
    let ended = ended(history, id)?;
    match &ended.fact {
        Fact::ReservationConfirmed(f) if is_same(command, f, reserved(history)) => {
            draft.note("confirm_reservation", Some(id.entity()));
            Ok(())
        }
        _ => Err(closed(id, ended).into()),
    }
}

/// Whether a confirmation asks for what another one asked for: the same amount, or the same quantities to be priced.
fn is_same(command: &ConfirmReservation, first: &ReservationConfirmed, reserved: Option<&CreditsReserved>) -> bool {
    match (command.amount, &first.receipt) {
        (Some(amount), _) => first.requested == amount,
        (None, None) => command.quantities.is_empty() && first.requested == first.reserved,
        (None, Some(_)) if command.quantities.is_empty() => {
            reserved.is_some_and(|f| f.receipt.is_some() && f.usage.quantities == first.usage.quantities)
        }
        (None, Some(_)) => command.quantities == first.usage.quantities,
    }
}

/// The beginning in a reservation's events.
fn reserved(history: &[Event]) -> Option<&CreditsReserved> {
    history.iter().find_map(|event| match &event.fact {
        Fact::CreditsReserved(f) => Some(f),
        _ => None,
    })
}

pub(super) fn cancel(draft: &mut Draft<'_>, command: &CancelReservation) -> Result<(), Stop> {
    let id = command.reservation_id;
    if let Some(reservation) = draft.state.reservation(id).cloned() {
        let released = reservation.allocations.clone();
        let repays = repaying(&draft.state, &released);
        draft.emit(ReservationCancelled { reservation_id: id, amount: reservation.amount, released, repays });
        return Ok(());
    }
    let ended = ended(draft.history(id.entity())?, id)?;
    if matches!(ended.fact, Fact::ReservationCancelled(_)) {
        draft.note("cancel_reservation", Some(id.entity()));
        return Ok(());
    }
    Err(closed(id, ended).into())
}

/// The event that ended a reservation which is not open.
fn ended(history: &[Event], id: ReservationId) -> Result<&Event, CommandError> {
    let is_end = |event: &&Event| {
        matches!(
            event.fact,
            Fact::ReservationConfirmed(_) | Fact::ReservationCancelled(_) | Fact::ReservationExpired(_)
        )
    };
    history.iter().find(is_end).ok_or(CommandError::ReservationNotFound(id))
}

fn closed(reservation_id: ReservationId, ended: &Event) -> CommandError {
    let (end, amount) = match &ended.fact {
        Fact::ReservationConfirmed(f) => (ReservationEnd::Confirmed, f.amount),
        Fact::ReservationCancelled(f) => (ReservationEnd::Cancelled, f.amount),
        _ => return CommandError::ReservationExpired { reservation_id, expired_at: ended.occurred_at },
    };
    CommandError::ReservationClosed { reservation_id, end, amount }
}
