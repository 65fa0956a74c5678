//! Auto-recharge: the policy, what is remembered of past requests, and the pure question whether to recharge now.
//!
//! Invariant: at most one request is in flight, and the money of a month never passes the monthly limit: the request
//! itself, an event, reserves both.

use serde::{Deserialize, Serialize};

use crate::credits::Credits;
use crate::grant::Money;
use crate::ids::RechargeId;
use crate::text::{Note, ReferenceText};
use crate::time::{Timestamp, month_of};

/// Declines in a row after which a person has to look at the card.
pub const MAX_DECLINES: u32 = 3;
/// Hours after which an unanswered request ends and recharging is suspended: the payment processor forgets its
/// idempotency keys after a day, so asking again later could charge twice.
pub const PENDING_HOURS_MAX: i64 = 24;
/// Most packages of one charge: a bound on what a mistyped amount can cost.
pub const MAX_PACKAGES: i64 = 1000;
/// The longest validity of a package: a hundred years. With it the expiry of bought credits stays a date that can be
/// written, so that a payment is never refused for it.
pub const MAX_VALIDITY_DAYS: u32 = 36_500;

/// The package that a recharge buys, copied from the catalogue so that the decision needs nothing else.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct RechargePackage {
    pub package_id: ReferenceText,
    pub credits: Credits,
    pub price: Money,
    /// Days until the bought credits expire; `None`: never.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub validity_days: Option<u32>,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct AutoRechargePolicy {
    pub enabled: bool,
    /// Recharge when the unrestricted balance is below this.
    pub threshold: Credits,
    pub package: RechargePackage,
    /// Credits wanted, rounded up to whole packages; `None`: one package.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub amount: Option<Credits>,
    /// Most money in a calendar month (UTC), in the package's currency.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub monthly_limit: Option<Money>,
    /// Least time between two requests.
    pub cooldown_seconds: u32,
}

impl AutoRechargePolicy {
    /// Whole packages of the configured amount.
    #[must_use]
    pub fn packages_wanted(&self) -> i64 {
        packages_for(self.amount.unwrap_or(self.package.credits), self.package.credits)
    }
}

fn packages_for(credits: Credits, package: Credits) -> i64 {
    let size = package.get().max(1);
    credits.or_zero().get().div_euclid(size) + i64::from(credits.or_zero().get().rem_euclid(size) != 0)
}

/// Why a recharge ended without credits.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RechargeFailure {
    /// The card was declined; it may work later.
    Declined,
    /// The card cannot be used again; suspends at once.
    CardUnusable,
    /// The customer has to confirm; suspends until they have.
    ActionRequired,
    /// The payment processor refused the request: a mistake of configuration; suspends.
    Refused,
    /// The charge was looked up and does not exist.
    Abandoned,
    /// Nothing was heard for [`PENDING_HOURS_MAX`]; suspends.
    TimedOut,
}

impl RechargeFailure {
    /// Why recharging stops after this failure until a person has looked, if it does.
    #[must_use]
    pub fn suspends(self, declines_in_a_row: u32) -> Option<&'static str> {
        match self {
            Self::Declined if declines_in_a_row >= MAX_DECLINES => Some("the card was declined three times in a row"),
            Self::Declined | Self::Abandoned => None,
            Self::CardUnusable => Some("the card cannot be used again"),
            Self::ActionRequired => Some("the customer has to confirm the payment"),
            Self::Refused => Some("the payment processor refused the request"),
            Self::TimedOut => Some("the payment processor never answered"),
        }
    }
}

/// A request whose outcome is not known yet.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct InFlight {
    pub recharge_id: RechargeId,
    pub requested_at: Timestamp,
    pub credits: Credits,
    pub price: Money,
    pub package_id: ReferenceText,
}

/// What the organization remembers of its recharges.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Recharge {
    pub policy: Option<AutoRechargePolicy>,
    pub in_flight: Option<InFlight>,
    pub declines_in_a_row: u32,
    pub suspended: Option<Note>,
    pub last_requested_at: Option<Timestamp>,
    /// Month as year * 12 + month, with the minor units spent or reserved in it.
    pub month: i32,
    pub month_spent_minor: i64,
}

/// What to buy now.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RechargeOrder {
    pub packages: i64,
    pub credits: Credits,
    pub price: Money,
    pub package_id: ReferenceText,
    pub validity_days: Option<u32>,
}

/// Why no recharge is requested now.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "reason", rename_all = "snake_case")]
pub enum NoRecharge {
    NotConfigured,
    Disabled,
    BalanceAboveThreshold,
    InFlight {
        recharge_id: RechargeId,
    },
    Suspended {
        why: Note,
    },
    CoolingDown {
        until: Timestamp,
    },
    MonthlyLimitReached {
        spent_minor: i64,
        limit_minor: i64,
    },
    /// More than [`MAX_PACKAGES`] would be needed.
    TooManyPackages,
}

impl Recharge {
    /// Whether to recharge at `now` with this unrestricted balance.
    ///
    /// # Errors
    /// [`NoRecharge`], the reason not to.
    pub fn order(&self, balance: Credits, now: Timestamp) -> Result<RechargeOrder, NoRecharge> {
        let policy = self.policy.as_ref().ok_or(NoRecharge::NotConfigured)?;
        if !policy.enabled {
            return Err(NoRecharge::Disabled);
        }
        if balance >= policy.threshold {
            return Err(NoRecharge::BalanceAboveThreshold);
        }
        if let Some(request) = &self.in_flight {
            return Err(NoRecharge::InFlight { recharge_id: request.recharge_id });
        }
        if let Some(why) = &self.suspended {
            return Err(NoRecharge::Suspended { why: why.clone() });
        }
        if let Some(until) = self.cooldown_end().filter(|until| now < *until) {
            return Err(NoRecharge::CoolingDown { until });
        }
        let packages = policy.packages_wanted().max(packages_for(policy.threshold - balance, policy.package.credits));
        if packages > MAX_PACKAGES {
            return Err(NoRecharge::TooManyPackages);
        }
        let order = order_of(policy, packages).ok_or(NoRecharge::TooManyPackages)?;
        self.within_month(policy, &order, now)?;
        Ok(order)
    }

    fn within_month(
        &self,
        policy: &AutoRechargePolicy,
        order: &RechargeOrder,
        now: Timestamp,
    ) -> Result<(), NoRecharge> {
        let Some(limit) = policy.monthly_limit else { return Ok(()) };
        let spent_minor = self.month_spent_minor(now);
        match spent_minor.checked_add(order.price.amount_minor) {
            Some(sum) if sum <= limit.amount_minor => Ok(()),
            _ => Err(NoRecharge::MonthlyLimitReached { spent_minor, limit_minor: limit.amount_minor }),
        }
    }

    /// Minor units spent or reserved in the month of `now`.
    #[must_use]
    pub fn month_spent_minor(&self, now: Timestamp) -> i64 {
        if self.month == month_of(now) { self.month_spent_minor } else { 0 }
    }

    /// When the next request may be made: the cool-down, doubled for each decline in a row.
    #[must_use]
    pub fn cooldown_end(&self) -> Option<Timestamp> {
        let policy = self.policy.as_ref()?;
        let seconds = i64::from(policy.cooldown_seconds) << self.declines_in_a_row.min(6);
        self.last_requested_at?.checked_add_signed(chrono::TimeDelta::seconds(seconds))
    }

    /// When the request in flight is given up.
    #[must_use]
    pub fn deadline(&self) -> Option<Timestamp> {
        self.in_flight.as_ref()?.requested_at.checked_add_signed(chrono::TimeDelta::hours(PENDING_HOURS_MAX))
    }
}

fn order_of(policy: &AutoRechargePolicy, packages: i64) -> Option<RechargeOrder> {
    let credits = Credits::new(policy.package.credits.get().checked_mul(packages)?);
    let amount_minor = policy.package.price.amount_minor.checked_mul(packages)?;
    (credits <= Credits::MAX_AMOUNT).then(|| RechargeOrder {
        packages,
        credits,
        price: Money { amount_minor, currency: policy.package.price.currency },
        package_id: policy.package.package_id.clone(),
        validity_days: policy.package.validity_days,
    })
}
