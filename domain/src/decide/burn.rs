//! DESIGN section 3, rule 1: which lots pay.

use crate::credits::Credits;
use crate::grant::{Allocation, Lot};
use crate::state::Organization;

/// Takes up to `amount` from free lots that pay for the operation, in burn order; answers the rest that none covers.
pub(super) fn burn(state: &Organization, operation: Option<&str>, amount: Credits) -> (Vec<Allocation>, Credits) {
    draw(state.lots.iter().filter(|lot| lot.terms.pays_for(operation)).map(|lot| (lot, lot.free())), amount)
}

/// Takes up to `amount` from lots that each give at most the paired credits, in the given order.
pub(super) fn draw<'a>(lots: impl Iterator<Item = (&'a Lot, Credits)>, amount: Credits) -> (Vec<Allocation>, Credits) {
    let mut rest = amount;
    let mut allocations = Vec::new();
    for (lot, available) in lots {
        if rest.is_zero() {
            break;
        }
        let part = rest.min(available);
        if part.is_positive() {
            allocations.push(Allocation::of(&lot.terms, part));
            rest = rest - part;
        }
    }
    (allocations, rest)
}

/// Splits recorded allocations, in their order, into the first `amount` credits, the others, and the rest of `amount`
/// that they do not cover.
pub(super) fn split(allocations: &[Allocation], amount: Credits) -> (Vec<Allocation>, Vec<Allocation>, Credits) {
    let (mut first, mut others, mut rest) = (Vec::new(), Vec::new(), amount);
    for allocation in allocations {
        let part = rest.min(allocation.amount);
        push(&mut first, allocation, part);
        push(&mut others, allocation, allocation.amount - part);
        rest = rest - part;
    }
    (first, others, rest)
}

/// Adds a part of an allocation, to the entry of its lot where there is one.
pub(super) fn push(allocations: &mut Vec<Allocation>, of: &Allocation, amount: Credits) {
    if !amount.is_positive() {
        return;
    }
    match allocations.iter_mut().find(|allocation| allocation.grant_id == of.grant_id) {
        Some(allocation) => allocation.amount = allocation.amount + amount,
        None => allocations.push(Allocation { amount, ..of.clone() }),
    }
}
