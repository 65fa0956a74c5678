//! Credits that a rule gives, not a person: a welcome bonus, and the same amount every month.
//!
//! Invariant: the periods of a recurring grant are counted from its anchor, so that the 31st stays the 31st wherever the
//! month has one, and an organization that nobody has touched for a year has missed twelve grants or none.

use chrono::Months;
use serde::{Deserialize, Serialize};

use crate::credits::Credits;
use crate::grant::{DEFAULT_PRIORITY, OperationPattern};
use crate::time::{Timestamp, end_of_time};

/// Which rule gave a lot.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum GrantRule {
    Welcome,
    Recurring,
}

/// What an organization is given at its first appearance: with the first command that is accepted.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Welcome {
    /// Once; nothing where only `monthly` is given.
    #[serde(default, skip_serializing_if = "is_nothing")]
    pub amount: Credits,
    /// Days until the credits expire; `None`: never.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub validity_days: Option<u32>,
    /// And every month, from the first appearance on; an organization's own setting takes its place.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub monthly: Option<Monthly>,
}

fn is_nothing(amount: &Credits) -> bool {
    amount.is_zero()
}

/// A monthly grant as a price book says it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Monthly {
    pub amount: Credits,
    #[serde(default)]
    pub rollover: Rollover,
    /// 0 to 1000; the lowest burns first.
    #[serde(default = "default_priority")]
    pub priority: u16,
    /// Empty: pays for everything.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub applies_to: Vec<OperationPattern>,
}

fn default_priority() -> u16 {
    DEFAULT_PRIORITY
}

impl From<&Monthly> for RecurringGrant {
    fn from(monthly: &Monthly) -> Self {
        let Monthly { amount, rollover, priority, applies_to } = monthly.clone();
        Self { amount, rollover, priority, applies_to }
    }
}

/// What becomes of credits that are left when a period ends.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Rollover {
    /// They expire.
    #[default]
    None,
    /// They stay.
    All,
    /// At most so many count on top of the next period's: the next grant is smaller by what is left beyond them.
    Capped(Credits),
}

/// A monthly grant.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RecurringGrant {
    pub amount: Credits,
    pub rollover: Rollover,
    /// 0 to 1000; the lowest burns first.
    pub priority: u16,
    /// Empty: pays for everything.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub applies_to: Vec<OperationPattern>,
}

/// A monthly grant with how far it has come.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Recurring {
    #[serde(flatten)]
    pub grant: RecurringGrant,
    /// The start of the first period.
    pub anchor: Timestamp,
    /// Periods that have begun.
    pub periods: u32,
}

/// Why a period passes without a grant.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SkipReason {
    /// More than the rollover's cap is left, by at least the period's whole amount.
    RolloverCap,
    /// The organization's lots or totals are at their limit.
    Limit,
}

impl Recurring {
    /// When the next period begins, if it can still end.
    #[must_use]
    pub fn next_start(&self) -> Option<Timestamp> {
        self.next_end()?;
        self.start_of(self.periods)
    }

    /// When the next period ends.
    #[must_use]
    pub fn next_end(&self) -> Option<Timestamp> {
        self.start_of(self.periods.checked_add(1)?)
    }

    fn start_of(&self, period: u32) -> Option<Timestamp> {
        self.anchor.checked_add_months(Months::new(period)).filter(|at| *at <= end_of_time())
    }
}
