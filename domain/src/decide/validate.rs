//! Values that no organization could accept, whatever its state.

use chrono::TimeDelta;

use crate::commands::{Amount, Command, Consume, Expiry, Offer, RevokeExtent, Settings};
use crate::credits::Credits;
use crate::error::CommandError;
use crate::free_credits::{RecurringGrant, Rollover};
use crate::grant::{MAX_PRIORITY, Money, OperationPattern};
use crate::limits::{MAX_PATTERNS, MAX_RESERVATION_SECONDS, USED_AT_DAYS_PAST_MAX, USED_AT_MINUTES_AHEAD_MAX};
use crate::recharge::{AutoRechargePolicy, MAX_PACKAGES, MAX_VALIDITY_DAYS};
use crate::time::{Timestamp, end_of_time};
use crate::usage::Usage;

pub(super) fn command(command: &Command, now: Timestamp) -> Result<(), CommandError> {
    match command {
        Command::Grant(c) => {
            amount("amount", c.amount)?;
            terms(c.priority, &c.applies_to)?;
            let starts_in_time = c.effective_at.is_none_or(|at| (Timestamp::UNIX_EPOCH..=end_of_time()).contains(&at));
            ensure(starts_in_time, "effective_at", "must be from 1970 to the year 9999")?;
            expiry(c.expiry)
        }
        Command::StartPurchase(c) => offer(&c.offer),
        Command::RecordPurchase(c) => offer(&c.offer).and(expiry(c.expiry)),
        Command::RevokePurchase(c) => match c.extent {
            RevokeExtent::Rest => Ok(()),
            RevokeExtent::Credits(credits) => amount("credits", credits),
            RevokeExtent::PriceMinor(minor) => amount("amount_minor", Credits::new(minor)),
        },
        Command::Consume(c) => consume(c, now),
        Command::RefundConsumption(c) => c.amount.map_or(Ok(()), |credits| amount("amount", credits)),
        Command::Reserve(c) => {
            asked(&c.amount)?;
            let seconds = c.expires_in_seconds;
            let in_range = (1..=MAX_RESERVATION_SECONDS).contains(&seconds);
            ensure(in_range, "expires_in_seconds", "must be from 1 to 2592000 (30 days)")?;
            usage(&c.usage, now)
        }
        Command::ConfirmReservation(c) => {
            c.amount.map_or(Ok(()), |credits| priced_amount("amount", credits))?;
            ensure(c.quantities.len() <= Usage::MAX_ENTRIES, "quantities", "must have at most 32 entries")?;
            quantities(c.quantities.values())
        }
        Command::Adjust(c) => {
            ensure(!c.amount.is_zero(), "amount", "must not be zero")?;
            let in_range = (-Credits::MAX_AMOUNT.get()..=Credits::MAX_AMOUNT.get()).contains(&c.amount.get());
            ensure(in_range, "amount", "must be from -10^15 to 10^15")
        }
        Command::ChangeSettings(c) => settings(c),
        Command::ConfigureAutoRecharge(c) => c.as_ref().map_or(Ok(()), policy),
        Command::ConfigureRecurringGrant(c) => c.grant.as_ref().map_or(Ok(()), recurring),
        Command::VoidGrant(_)
        | Command::FailPurchase(_)
        | Command::ExpirePurchase(_)
        | Command::ReinstatePurchase(_)
        | Command::CancelReservation(_)
        | Command::RequestRecharge
        | Command::CompleteRecharge(_)
        | Command::FailRecharge(_)
        | Command::SuspendRecharge(_)
        | Command::ResumeRecharge(_)
        | Command::Settle => Ok(()),
    }
}

pub(super) fn consume(command: &Consume, now: Timestamp) -> Result<(), CommandError> {
    asked(&command.amount).and(usage(&command.usage, now))
}

fn ensure(holds: bool, field: &'static str, problem: &str) -> Result<(), CommandError> {
    if holds { Ok(()) } else { Err(CommandError::Invalid { field, problem: problem.to_owned() }) }
}

/// A given amount: at least 1 (CORRECTNESS C21).
fn amount(field: &'static str, credits: Credits) -> Result<(), CommandError> {
    ensure(credits.is_positive() && credits <= Credits::MAX_AMOUNT, field, "must be from 1 to 10^15")
}

/// A price is what it is.
fn asked(asked: &Amount) -> Result<(), CommandError> {
    match asked {
        Amount::Given(credits) => amount("amount", *credits),
        Amount::Priced(_) => Ok(()),
    }
}

/// A confirmed amount or a threshold: zero is a value (CORRECTNESS C21).
fn priced_amount(field: &'static str, credits: Credits) -> Result<(), CommandError> {
    ensure(credits >= Credits::ZERO && credits <= Credits::MAX_AMOUNT, field, "must be from 0 to 10^15")
}

fn expiry(expiry: Expiry) -> Result<(), CommandError> {
    match expiry {
        Expiry::In(seconds) => ensure(seconds > 0, "expires_in_seconds", "must be at least 1"),
        Expiry::Never | Expiry::At(_) => Ok(()),
    }
}

fn terms(priority: u16, applies_to: &[OperationPattern]) -> Result<(), CommandError> {
    ensure(priority <= MAX_PRIORITY, "priority", "must be from 0 to 1000")?;
    ensure(applies_to.len() <= MAX_PATTERNS, "applies_to", "must have at most 32 patterns")
}

fn recurring(grant: &RecurringGrant) -> Result<(), CommandError> {
    amount("amount", grant.amount)?;
    terms(grant.priority, &grant.applies_to)?;
    match grant.rollover {
        Rollover::None | Rollover::All => Ok(()),
        Rollover::Capped(cap) => priced_amount("rollover.capped", cap),
    }
}

fn offer(offer: &Offer) -> Result<(), CommandError> {
    amount("credits", offer.credits)?;
    money("price.amount_minor", offer.price)
}

/// Money may be zero (a free package), and is bounded like credits.
fn money(field: &'static str, money: Money) -> Result<(), CommandError> {
    let in_range = (0..=Credits::MAX_AMOUNT.get()).contains(&money.amount_minor);
    ensure(in_range, field, "must be from 0 to 10^15")
}

fn usage(usage: &Usage, now: Timestamp) -> Result<(), CommandError> {
    quantities(usage.quantities.values())?;
    let few = usage.quantities.len() <= Usage::MAX_ENTRIES && usage.dimensions.len() <= Usage::MAX_ENTRIES;
    ensure(few, "quantities", "and `dimensions` must have at most 32 entries each")?;
    let Some(used_at) = usage.used_at else { return Ok(()) };
    let oldest = now - TimeDelta::days(USED_AT_DAYS_PAST_MAX);
    let newest = now + TimeDelta::minutes(USED_AT_MINUTES_AHEAD_MAX);
    let in_range = (oldest..=newest).contains(&used_at);
    ensure(in_range, "occurred_at", "must be at most 35 days in the past and 5 minutes in the future")
}

fn quantities<'a>(mut quantities: impl Iterator<Item = &'a u64>) -> Result<(), CommandError> {
    let bounded = quantities.all(|quantity| *quantity <= Usage::MAX_QUANTITY);
    ensure(bounded, "quantities", "must be from 0 to 10^15 each")
}

fn settings(settings: &Settings) -> Result<(), CommandError> {
    settings.low_balance_threshold.map_or(Ok(()), |credits| priced_amount("low_balance_threshold", credits))?;
    priced_amount("overdraft_limit", settings.overdraft_limit)
}

fn policy(policy: &AutoRechargePolicy) -> Result<(), CommandError> {
    priced_amount("threshold", policy.threshold)?;
    amount("package.credits", policy.package.credits)?;
    money("package.price", policy.package.price)?;
    // What costs nothing cannot be charged, and would be given again and again.
    ensure(policy.package.price.amount_minor > 0, "package.price", "must be more than nothing")?;
    policy.amount.map_or(Ok(()), |credits| amount("amount", credits))?;
    let days_are_bounded = policy.package.validity_days.is_none_or(|days| (1..=MAX_VALIDITY_DAYS).contains(&days));
    ensure(days_are_bounded, "package.validity_days", "must be from 1 to 36500")?;
    ensure(policy.packages_wanted() <= MAX_PACKAGES, "amount", "must be at most 1000 packages")?;
    let Some(limit) = policy.monthly_limit else { return Ok(()) };
    money("monthly_limit", limit)?;
    let same = limit.currency == policy.package.price.currency;
    ensure(same, "monthly_limit.currency", "must be the currency of the package")
}
