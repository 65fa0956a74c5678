//! Credits by rule (`free_credits.rs`): given by time, or with an organization's first command.

use std::sync::Arc;

use chrono::TimeDelta;

use crate::commands::ConfigureRecurringGrant;
use crate::credits::Credits;
use crate::decide::draft::{Draft, Stop};
use crate::decide::grant::merge_at_limit;
use crate::error::CommandError;
use crate::events::{CreditsGranted, RecurringGrantConfigured, RecurringGrantSkipped};
use crate::free_credits::{GrantRule, Recurring, Rollover, SkipReason, Welcome};
use crate::grant::{Category, GrantTerms};
use crate::ids::GrantId;
use crate::limits::MAX_LOTS;
use crate::text::{Metadata, Note};
use crate::time::{Timestamp, to_micros};

/// The ordinals of the ids of what a new organization begins with, so that the command's own ids are those of any other
/// command.
const WELCOME_ORDINAL: u32 = u32::MAX;
const FIRST_PERIOD_ORDINAL: u32 = u32::MAX - 1;

/// A new organization begins with its bonus, so that its first command can spend it already. A refused command leaves
/// neither (CORRECTNESS C25).
pub(super) fn welcome(draft: &mut Draft<'_>) {
    let Some(welcome) = draft.context.welcome.filter(|_| !draft.state.exists()) else { return };
    if !welcome.amount.is_zero() {
        bonus(draft, welcome);
    }
    if let Some(monthly) = &welcome.monthly {
        let recurring = Recurring { grant: monthly.into(), anchor: draft.now(), periods: 0 };
        draft.emit(RecurringGrantConfigured { recurring: Some(recurring) });
        let id = GrantId::new(draft.context.command_id.entity(FIRST_PERIOD_ORDINAL));
        begin_period_with(draft, draft.now(), |_| id);
    }
}

fn bonus(draft: &mut Draft<'_>, welcome: &Welcome) {
    let Welcome { amount, validity_days, monthly: _ } = welcome;
    let now = draft.now();
    let id = GrantId::new(draft.context.command_id.entity(WELCOME_ORDINAL));
    let expires_at = validity_days.and_then(|days| now.checked_add_signed(TimeDelta::days(i64::from(days))));
    let terms = GrantTerms {
        expires_at,
        rule: Some(GrantRule::Welcome),
        ..GrantTerms::unrestricted(id, Category::Promotional, *amount, now)
    };
    emit(draft, terms, "welcome_bonus", now);
}

/// A change keeps the schedule: the period that has begun is not given twice, and the change holds from the next one on.
/// A given start begins a schedule anew.
pub(super) fn configure(draft: &mut Draft<'_>, command: &ConfigureRecurringGrant) -> Result<(), Stop> {
    let now = draft.now();
    let starts_at = command.starts_at.map(to_micros);
    if starts_at.is_some_and(|at| at < now) {
        let problem = "must not be in the past".to_owned();
        return Err(CommandError::Invalid { field: "starts_at", problem }.into());
    }
    let recurring = command.grant.clone().map(|grant| match (starts_at, &draft.state.recurring) {
        (None, Some(Recurring { anchor, periods, .. })) => Recurring { grant, anchor: *anchor, periods: *periods },
        (starts_at, _) => Recurring { grant, anchor: starts_at.unwrap_or(now), periods: 0 },
    });
    draft.emit(RecurringGrantConfigured { recurring });
    begin_period_if_due(draft, now);
    Ok(())
}

fn begin_period_if_due(draft: &mut Draft<'_>, now: Timestamp) {
    let start = draft.state.recurring.as_ref().and_then(Recurring::next_start);
    if start.is_some_and(|start| start <= now) {
        begin_period(draft, now);
    }
}

/// Begins the next period: with its grant, or without where nothing is to be given.
pub(super) fn begin_period(draft: &mut Draft<'_>, at: Timestamp) {
    begin_period_with(draft, at, |draft| GrantId::new(draft.make_entity()));
}

fn begin_period_with(draft: &mut Draft<'_>, at: Timestamp, make_id: impl FnOnce(&mut Draft<'_>) -> GrantId) {
    let Some(recurring) = draft.state.recurring.clone() else { return };
    let amount = match recurring.grant.rollover {
        Rollover::None | Rollover::All => recurring.grant.amount,
        Rollover::Capped(cap) => (recurring.grant.amount - (left(draft) - cap).or_zero()).or_zero(),
    };
    if amount.is_zero() {
        draft.emit_at(RecurringGrantSkipped { reason: SkipReason::RolloverCap }, at);
        return;
    }
    if draft.state.lots.len() >= MAX_LOTS || draft.bound_inflow(amount).is_err() {
        draft.emit_at(RecurringGrantSkipped { reason: SkipReason::Limit }, at);
        return;
    }
    let id = make_id(draft);
    let terms = GrantTerms {
        priority: recurring.grant.priority,
        applies_to: recurring.grant.applies_to.clone(),
        expires_at: recurring.next_end().filter(|_| recurring.grant.rollover == Rollover::None),
        rule: Some(GrantRule::Recurring),
        ..GrantTerms::unrestricted(id, Category::Promotional, amount, at)
    };
    emit(draft, terms, "recurring_grant", at);
    merge_at_limit(draft, id, at);
}

/// What is left of earlier periods, held parts included.
fn left(draft: &Draft<'_>) -> Credits {
    let of_rule = draft.state.lots.iter().filter(|lot| lot.terms.rule == Some(GrantRule::Recurring));
    of_rule.map(|lot| lot.remaining).sum()
}

fn emit(draft: &mut Draft<'_>, terms: GrantTerms, reason: &str, at: Timestamp) {
    let reason = Note::try_new(reason).expect("a reason of ours is short and not empty");
    draft.emit_at(CreditsGranted { terms: Arc::new(terms), reason, metadata: Metadata::default() }, at);
}
