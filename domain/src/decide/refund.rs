//! Giving a consumption's credits back, along its recorded allocation, newest first (DESIGN section 3, rule 5).

use std::sync::Arc;

use crate::commands::RefundConsumption;
use crate::credits::Credits;
use crate::decide::draft::{Draft, Stop};
use crate::decide::grant::{bound_lots, merge_at_limit};
use crate::decide::lineage::{Home, home};
use crate::error::CommandError;
use crate::events::{ConsumptionRefunded, Event, Fact, GrantRestored, GrantVoided, RestoreCause};
use crate::grant::{Allocation, Category, GrantTerms};
use crate::ids::GrantId;
use crate::text::Note;
use crate::time::Timestamp;

pub(super) fn refund(draft: &mut Draft<'_>, command: &RefundConsumption) -> Result<(), Stop> {
    let id = command.consumption_id;
    let history = draft.history(id.entity())?;
    let spent = history.iter().find_map(Spent::of).ok_or(CommandError::ConsumptionNotFound(id))?;
    let refunded = refunded_so_far(history);
    let refundable = spent.amount - refunded;
    let requested = command.amount.unwrap_or(refundable);
    if requested > refundable || requested.is_zero() {
        return Err(CommandError::RefundExceedsConsumption { consumption_id: id, refundable, requested }.into());
    }
    draft.bound_inflow(requested)?;
    let mut parts = Parts::default();
    for piece in spent.pieces(refunded, requested) {
        parts.add(draft, &piece, spent.taken_at)?;
    }
    bound_lots(&draft.state, parts.restored.len())?;
    emit(draft, command, refunded, requested, parts);
    Ok(())
}

fn emit(draft: &mut Draft<'_>, command: &RefundConsumption, refunded: Credits, amount: Credits, parts: Parts) {
    draft.emit(ConsumptionRefunded {
        consumption_id: command.consumption_id,
        amount,
        refunded_in_all: refunded + amount,
        returned: parts.returned,
        voided: parts.voided.clone(),
        debt_reduced: parts.debt_reduced,
        restored: parts.restored.iter().map(|(_, amount)| *amount).sum(),
        reason: command.reason.clone(),
    });
    for (terms, amount) in parts.restored {
        let id = terms.grant_id;
        draft.emit(GrantRestored { terms, amount, cause: RestoreCause::Refund, reason: command.reason.clone() });
        if parts.voided.iter().all(|grant| grant.grant_id != id) {
            merge_at_limit(draft, id, draft.now());
        }
    }
    for grant in parts.voided {
        let held = draft.state.lot(grant.grant_id).map_or(Credits::ZERO, |lot| lot.held);
        let reason = Note::try_new("refunded to a voided grant").expect("a short text");
        draft.emit(GrantVoided { grant, held, scheduled: false, reason });
    }
}

/// What a consumption took, and when it was taken from the lots.
struct Spent<'a> {
    amount: Credits,
    allocations: &'a [Allocation],
    overdraft: Credits,
    taken_at: Timestamp,
}

impl<'a> Spent<'a> {
    fn of(event: &'a Event) -> Option<Self> {
        match &event.fact {
            Fact::CreditsConsumed(f) => Some(Self {
                amount: f.amount,
                allocations: &f.allocations,
                overdraft: f.overdraft,
                taken_at: event.occurred_at,
            }),
            Fact::ReservationConfirmed(f) => Some(Self {
                amount: f.amount,
                allocations: &f.allocations,
                overdraft: f.overdraft,
                taken_at: f.reserved_at,
            }),
            _ => None,
        }
    }

    /// The next `amount` credits to give back after `refunded` of them, newest first: the overdraft was taken last.
    fn pieces(&self, refunded: Credits, amount: Credits) -> Vec<Piece<'a>> {
        let overdraft = std::iter::once((None, self.overdraft));
        let lots = self.allocations.iter().rev().map(|allocation| (Some(allocation), allocation.amount));
        let (mut skip, mut rest) = (refunded, amount);
        let mut pieces = Vec::new();
        for (from, taken) in overdraft.chain(lots) {
            let skipped = skip.min(taken);
            skip = skip - skipped;
            let part = rest.min(taken - skipped);
            rest = rest - part;
            if part.is_positive() {
                pieces.push(Piece { from, amount: part });
            }
        }
        pieces
    }
}

/// A part of a refund: from a lot, or from below zero.
struct Piece<'a> {
    from: Option<&'a Allocation>,
    amount: Credits,
}

fn refunded_so_far(history: &[Event]) -> Credits {
    history.iter().fold(Credits::ZERO, |sum, event| match &event.fact {
        Fact::ConsumptionRefunded(f) => sum + f.amount,
        _ => sum,
    })
}

#[derive(Default)]
struct Parts {
    returned: Vec<Allocation>,
    voided: Vec<Allocation>,
    debt_reduced: Credits,
    restored: Vec<(Arc<GrantTerms>, Credits)>,
}

impl Parts {
    fn add(&mut self, draft: &mut Draft<'_>, piece: &Piece<'_>, taken_at: Timestamp) -> Result<(), Stop> {
        match piece.from {
            None => self.add_overdraft(draft, piece.amount),
            Some(from) => match home(draft, from, piece.amount, taken_at)? {
                Home::Open(allocation) => self.returned.push(allocation),
                Home::Voided(terms) => {
                    self.voided.push(Allocation::of(&terms, piece.amount));
                    self.restored.push((terms, piece.amount));
                }
                Home::Lot(terms) => self.restored.push((terms, piece.amount)),
            },
        }
        Ok(())
    }

    /// The overdraft part reduces debt; what exceeds it becomes a paid, unrestricted, never-expiring lot that cost
    /// nothing (CORRECTNESS C17).
    fn add_overdraft(&mut self, draft: &mut Draft<'_>, amount: Credits) {
        self.debt_reduced = amount.min(draft.state.debt);
        let excess = amount - self.debt_reduced;
        if excess.is_positive() {
            let id = GrantId::new(draft.make_entity());
            let terms = GrantTerms::unrestricted(id, Category::Paid, excess, draft.now());
            self.restored.push((Arc::new(terms), excess));
        }
    }
}
