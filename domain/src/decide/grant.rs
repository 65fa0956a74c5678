//! Granting, voiding, and keeping the number of lots in bounds.

use std::sync::Arc;

use chrono::TimeDelta;

use crate::commands::{Expiry, Grant, VoidGrant};
use crate::credits::Credits;
use crate::decide::draft::{Draft, Stop};
use crate::decide::lineage::{is_voided, terms_of};
use crate::decide::pool::may_share_a_lot;
use crate::error::CommandError;
use crate::events::{CreditsGranted, GrantMerged, GrantVoided};
use crate::grant::{Allocation, Closed, GrantTerms};
use crate::ids::GrantId;
use crate::limits::{MAX_LOTS, MAX_OPEN_GRANTS};
use crate::state::Organization;
use crate::time::{Timestamp, end_of_time, to_micros};

pub(super) fn grant(draft: &mut Draft<'_>, command: &Grant) -> Result<(), Stop> {
    bound_open_grants(&draft.state)?;
    draft.bound_inflow(command.amount)?;
    let effective_at = command.effective_at.map_or(draft.now(), to_micros);
    let id = GrantId::new(draft.make_entity());
    let terms = Arc::new(GrantTerms {
        priority: command.priority,
        effective_at,
        expires_at: expires_at(command.expiry, effective_at, draft.now())?,
        applies_to: command.applies_to.clone(),
        ..GrantTerms::unrestricted(id, command.category, command.amount, draft.now())
    });
    draft.emit(CreditsGranted { terms, reason: command.reason.clone(), metadata: command.metadata.clone() });
    Ok(())
}

/// The instant of an expiry, after both now and the start, and before year 10000 (CORRECTNESS C12).
pub(super) fn expires_at(
    expiry: Expiry,
    effective_at: Timestamp,
    now: Timestamp,
) -> Result<Option<Timestamp>, CommandError> {
    let invalid = |problem: &str| CommandError::Invalid { field: "expires_at", problem: problem.to_owned() };
    let at = match expiry {
        Expiry::Never => return Ok(None),
        Expiry::At(at) => Some(to_micros(at)),
        Expiry::In(seconds) => effective_at.max(now).checked_add_signed(TimeDelta::seconds(i64::from(seconds))),
    };
    let at = at.filter(|at| *at <= end_of_time()).ok_or_else(|| invalid("must be before the year 10000"))?;
    if at <= now || at <= effective_at {
        return Err(invalid("must be after now and after `effective_at`"));
    }
    Ok(Some(at))
}

pub(super) fn bound_open_grants(state: &Organization) -> Result<(), CommandError> {
    if state.lots.len() >= MAX_OPEN_GRANTS {
        return Err(CommandError::TooManyOpen { what: "grants", limit: MAX_OPEN_GRANTS });
    }
    Ok(())
}

/// Facts are accepted past the limit of commands, up to the headroom.
pub(super) fn bound_lots(state: &Organization, more: usize) -> Result<(), CommandError> {
    if state.lots.len() + more > MAX_LOTS {
        return Err(CommandError::TooManyOpen { what: "lots", limit: MAX_LOTS });
    }
    Ok(())
}

/// At the limit, a lot that a fact has just made joins one that is equal in everything but id and grant time
/// (CORRECTNESS C20).
pub(super) fn merge_at_limit(draft: &mut Draft<'_>, new: GrantId, at: Timestamp) {
    if draft.state.lots.len() <= MAX_OPEN_GRANTS {
        return;
    }
    let Some(lot) = draft.state.lot(new) else { return };
    let target = draft.state.lots.iter().find(|other| {
        other.id() != new
            && other.effective
            && lot.effective
            && other.closed.is_none()
            && other.terms.is_interchangeable_with(&lot.terms)
            && may_share_a_lot(&other.terms, &lot.terms)
    });
    let Some(target) = target.filter(|_| lot.held.is_zero()) else { return };
    let (into, grant) = (target.id(), Allocation::of(&lot.terms, lot.remaining));
    let joins_another_purchase = lot.terms.purchase_id.is_some() && lot.terms.root() != target.terms.root();
    draft.emit_at(GrantMerged { grant: grant.clone(), into }, at);
    if joins_another_purchase {
        // Moves nothing. It is filed under the other purchase, whose history says by it what its lot holds besides.
        let moved = Allocation { amount: Credits::ZERO, origin_grant_id: Some(into), ..grant };
        draft.emit_at(GrantMerged { grant: moved, into }, at);
    }
}

pub(super) fn void(draft: &mut Draft<'_>, command: &VoidGrant) -> Result<(), Stop> {
    match draft.state.lot(command.grant_id).map(|lot| (lot.clone(), lot.closed)) {
        Some((lot, None)) => {
            let grant = Allocation::of(&lot.terms, lot.unheld());
            let scheduled = !lot.effective;
            draft.emit(GrantVoided { grant, held: lot.held, scheduled, reason: command.reason.clone() });
            Ok(())
        }
        Some((_, Some(Closed::Expired))) => Err(CommandError::GrantClosed(command.grant_id).into()),
        Some((_, Some(Closed::Voided))) => {
            draft.note("void_grant", Some(command.grant_id.entity()));
            Ok(())
        }
        None => void_again(draft, command.grant_id),
    }
}

fn void_again(draft: &mut Draft<'_>, id: GrantId) -> Result<(), Stop> {
    let history = draft.history(id.entity())?;
    if is_voided(history, id) {
        draft.note("void_grant", Some(id.entity()));
        return Ok(());
    }
    let known = history.iter().filter_map(terms_of).any(|terms| terms.grant_id == id);
    Err(if known { CommandError::GrantClosed(id) } else { CommandError::GrantNotFound(id) }.into())
}
