//! What follows from a command's events, in the same command: released credits settle, debt is repaid, alerts and recharges are
//! judged.

use std::sync::Arc;

use crate::credits::Credits;
use crate::decide::burn::burn;
use crate::decide::draft::Draft;
use crate::decide::grant::merge_at_limit;
use crate::events::{
    BalanceExhausted, BalanceRecovered, DebtRepaid, GrantExpired, GrantVoided, LowBalanceCleared, LowBalanceReached,
    RechargeRequested, RepaymentReturned,
};
use crate::grant::{Allocation, Category, Closed, GrantTerms};
use crate::ids::{GrantId, RechargeId};
use crate::text::Note;
use crate::time::Timestamp;

/// Settles what was released to lots, then lets whatever is free repay the debt.
pub(super) fn free_credits(draft: &mut Draft<'_>, at: Timestamp) {
    let released = draft.state.lots.iter().filter(|lot| lot.is_unsettled());
    for id in released.map(|lot| lot.id()).collect::<Vec<_>>() {
        settle_released(draft, id, at);
    }
    repay_debt(draft, at);
}

/// What a claw-back counted as spent while it was held repays that debt first (CORRECTNESS C17), open or not; of a closed
/// lot the rest ends.
pub(super) fn settle_released(draft: &mut Draft<'_>, id: GrantId, at: Timestamp) {
    let Some(lot) = draft.state.lot(id) else { return };
    let repays = lot.repays;
    let amount = repays.min(draft.state.debt);
    if amount.is_positive() {
        let allocations = vec![Allocation::of(&lot.terms, amount)];
        draft.emit_at(DebtRepaid { amount, allocations }, at);
    }
    if repays > amount {
        return_repayment(draft, id, repays - amount, at);
    }
    if draft.state.lot(id).is_some_and(|lot| lot.closed.is_some() && lot.unheld().is_positive()) {
        end(draft, id, at);
    }
}

/// Other credits have repaid what these would: as many come back, like the overdraft part of a refund past the debt.
fn return_repayment(draft: &mut Draft<'_>, id: GrantId, amount: Credits, at: Timestamp) {
    let Some(lot) = draft.state.lot(id) else { return };
    let from = Allocation::of(&lot.terms, amount);
    let new = GrantId::new(draft.make_entity());
    let terms = Arc::new(GrantTerms::unrestricted(new, Category::Paid, amount, at));
    draft.emit_at(RepaymentReturned { from, terms }, at);
    merge_at_limit(draft, new, at);
}

/// Ends the unheld part of a lot: by its expiry, or as it was closed before.
pub(super) fn end(draft: &mut Draft<'_>, id: GrantId, at: Timestamp) {
    let Some(lot) = draft.state.lot(id) else { return };
    let (grant, held) = (Allocation::of(&lot.terms, lot.unheld()), lot.held);
    match lot.closed {
        None | Some(Closed::Expired) => draft.emit_at(GrantExpired { grant, held }, at),
        Some(Closed::Voided) => {
            let reason = Note::try_new("released to a voided grant").expect("a short text");
            draft.emit_at(GrantVoided { grant, held, scheduled: false, reason }, at);
        }
    }
}

/// Debt implies that no unrestricted credits are free (CORRECTNESS C16): restricted ones never repay.
pub(super) fn repay_debt(draft: &mut Draft<'_>, at: Timestamp) {
    if draft.state.debt.is_zero() {
        return;
    }
    let (allocations, rest) = burn(&draft.state, None, draft.state.debt);
    let amount = draft.state.debt - rest;
    if amount.is_positive() {
        draft.emit_at(DebtRepaid { amount, allocations }, at);
    }
}

/// Judges alerts and the recharge once, after a command's last event (CORRECTNESS C19).
pub(super) fn judge(draft: &mut Draft<'_>) {
    judge_low(draft);
    judge_exhausted(draft);
    judge_recharge(draft);
}

fn judge_low(draft: &mut Draft<'_>) {
    let unrestricted_balance = draft.state.unrestricted_balance();
    let threshold = draft.state.low_balance_threshold();
    let re_armed_at = threshold + threshold.share(1, 10).unwrap_or(Credits::ZERO);
    if draft.state.alerts.low_armed {
        if unrestricted_balance < threshold {
            draft.emit(LowBalanceReached { unrestricted_balance, threshold });
        }
    } else if draft.state.last_top_up.is_some() && unrestricted_balance >= re_armed_at {
        draft.emit(LowBalanceCleared { unrestricted_balance, threshold });
    }
}

fn judge_exhausted(draft: &mut Draft<'_>) {
    let unrestricted_balance = draft.state.unrestricted_balance();
    let is_exhausted = !unrestricted_balance.is_positive();
    if draft.state.alerts.exhausted_armed {
        if is_exhausted {
            draft.emit(BalanceExhausted { unrestricted_balance });
        }
    } else if draft.state.last_top_up.is_some() && !is_exhausted {
        draft.emit(BalanceRecovered { unrestricted_balance });
    }
}

fn judge_recharge(draft: &mut Draft<'_>) {
    let unrestricted_balance = draft.state.unrestricted_balance();
    let Ok(order) = draft.state.recharge.order(unrestricted_balance, draft.now()) else { return };
    let recharge_id = RechargeId::new(draft.make_entity());
    draft.emit(RechargeRequested {
        recharge_id,
        packages: order.packages,
        credits: order.credits,
        bonus_credits: order
            .package
            .bonus_credits
            .and_then(|bonus| bonus.get().checked_mul(order.packages))
            .map(Credits::new),
        price: order.price,
        package_id: order.package.package_id,
        package_version: order.package.package_version,
        validity_days: order.package.validity_days,
        unrestricted_balance,
    });
}
