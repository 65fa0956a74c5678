//! Auto-recharge: the policy, what is remembered of past requests, and the pure question whether to recharge now.
//!
//! Invariant: at most one request is in flight, and the money of a month never passes the monthly limit: the request
//! itself, an event, reserves both.

mod ending;

use std::collections::BTreeMap;

use chrono::TimeDelta;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::credits::Credits;
use crate::grant::{Currency, Money};
use crate::ids::{OrganizationId, PurchaseId, RechargeId};
use crate::text::{Note, ReferenceText};
use crate::time::{Timestamp, month_of};
pub use ending::{Ended, MAX_DECLINES, RechargeFailure, ResumeCause, Suspension, SuspensionCause};

/// Hours after which an unanswered request ends and recharging is suspended: the payment processor forgets its
/// idempotency keys after a day, so asking again later could charge twice.
pub const PENDING_HOURS_MAX: i64 = 24;
/// Seconds after a decline, or a charge that never came to be, before the next request, doubled for each decline in a
/// row: without a cool-down of its own a policy would otherwise try a bad card as fast as it can.
pub const BACK_OFF_SECONDS_MIN: u32 = 60;
/// Most packages of one charge: a bound on what a mistyped amount can cost.
pub const MAX_PACKAGES: i64 = 1000;
/// The longest validity of a package: a hundred years. With it the expiry of bought credits stays a date that can be
/// written, so that a payment is never refused for it.
pub const MAX_VALIDITY_DAYS: u32 = 36_500;

/// What every payment reference of a recharge begins with.
const REFERENCE_PREFIX: &str = "recharge:";

impl RechargeId {
    /// The payment reference of its purchase: known before anything is charged, and the same whoever hears of the
    /// payment first.
    #[must_use]
    pub fn payment_reference(self) -> ReferenceText {
        ReferenceText::try_new(&format!("{REFERENCE_PREFIX}{self}")).expect("a prefix and a UUID are short")
    }

    /// The recharge that a payment reference is of.
    #[must_use]
    pub fn of_reference(reference: &ReferenceText) -> Option<Self> {
        let id = reference.as_str().strip_prefix(REFERENCE_PREFIX)?;
        Uuid::try_parse(id).ok().map(Self::new)
    }

    /// The purchase that it makes.
    #[must_use]
    pub fn purchase(self, organization: &OrganizationId) -> PurchaseId {
        PurchaseId::of_reference(organization, self.payment_reference().as_str())
    }
}

/// The package that a recharge buys, copied from the catalogue so that the decision needs nothing else.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RechargePackage {
    pub package_id: ReferenceText,
    /// Of the catalogue, when the policy was made: price and credits stay what the customer agreed to.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub package_version: Option<u32>,
    /// All that a package brings.
    pub credits: Credits,
    /// How many of them come on top.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub bonus_credits: Option<Credits>,
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
    /// Most money in a calendar month (UTC), in the package's currency; what was spent in others does not count.
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
    pub suspended: Option<Suspension>,
    pub last_requested_at: Option<Timestamp>,
    pub last_ended: Option<Ended>,
    /// Month as year * 12 + month, with the minor units spent or reserved in it.
    pub month: i32,
    pub month_spent_minor: BTreeMap<Currency, i64>,
}

/// What to buy now.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RechargeOrder {
    pub packages: i64,
    pub credits: Credits,
    pub price: Money,
    pub package: RechargePackage,
}

/// Why no recharge is requested now.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, thiserror::Error)]
#[serde(tag = "reason", rename_all = "snake_case")]
pub enum NoRecharge {
    #[error("there is no policy")]
    NotConfigured,
    #[error("it is switched off")]
    Disabled,
    #[error("the unrestricted balance of {balance} is not below the threshold of {threshold}")]
    BalanceAboveThreshold { balance: Credits, threshold: Credits },
    #[error("recharge {recharge_id} has not ended yet")]
    InFlight { recharge_id: RechargeId },
    #[error("it is suspended: {why}")]
    Suspended { why: Note },
    #[error("the next one may be asked for at {until}")]
    CoolingDown { until: Timestamp },
    #[error(
        "{spent_minor} of {limit_minor} minor units of this month's limit are spent, and it would take {needed_minor}"
    )]
    MonthlyLimitReached { spent_minor: i64, limit_minor: i64, needed_minor: i64 },
    #[error("more than {MAX_PACKAGES} packages would be needed")]
    TooManyPackages,
}

impl NoRecharge {
    /// The stable name.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        match self {
            Self::NotConfigured => "not_configured",
            Self::Disabled => "disabled",
            Self::BalanceAboveThreshold { .. } => "balance_above_threshold",
            Self::InFlight { .. } => "in_flight",
            Self::Suspended { .. } => "suspended",
            Self::CoolingDown { .. } => "cooling_down",
            Self::MonthlyLimitReached { .. } => "monthly_limit_reached",
            Self::TooManyPackages => "too_many_packages",
        }
    }
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
            return Err(NoRecharge::BalanceAboveThreshold { balance, threshold: policy.threshold });
        }
        if let Some(request) = &self.in_flight {
            return Err(NoRecharge::InFlight { recharge_id: request.recharge_id });
        }
        if let Some(suspension) = &self.suspended {
            return Err(NoRecharge::Suspended { why: suspension.reason.clone() });
        }
        if let Some(until) = self.cooldown_end().filter(|until| now < *until) {
            return Err(NoRecharge::CoolingDown { until });
        }
        let missing = policy.threshold - balance + Credits::new(1);
        let packages = policy.packages_wanted().max(packages_for(missing, policy.package.credits));
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
        let spent_minor = self.month_spent_minor(limit.currency, now);
        let (limit_minor, needed_minor) = (limit.amount_minor, order.price.amount_minor);
        match spent_minor.checked_add(needed_minor) {
            Some(sum) if sum <= limit_minor => Ok(()),
            _ => Err(NoRecharge::MonthlyLimitReached { spent_minor, limit_minor, needed_minor }),
        }
    }

    /// Minor units spent or reserved in the month of `now`, in a currency.
    #[must_use]
    pub fn month_spent_minor(&self, currency: Currency, now: Timestamp) -> i64 {
        if self.month != month_of(now) {
            return 0;
        }
        self.month_spent_minor.get(&currency).copied().unwrap_or(0)
    }

    /// Counts money in the month of `at`; the months before it are forgotten.
    pub(crate) fn count(&mut self, price: Money, at: Timestamp) {
        if self.month != month_of(at) {
            self.month = month_of(at);
            self.month_spent_minor.clear();
        }
        let spent = self.month_spent_minor.entry(price.currency).or_insert(0);
        *spent = spent.saturating_add(price.amount_minor);
    }

    /// When the next request may be made: after the cool-down, and after the back-off that follows a failure.
    #[must_use]
    pub fn cooldown_end(&self) -> Option<Timestamp> {
        let seconds = self.policy.as_ref()?.cooldown_seconds;
        let cooled = self.last_requested_at.and_then(|at| after(at, seconds, 0));
        cooled.into_iter().chain(self.back_off_end(seconds)).max()
    }

    /// A resumption begins the count of declines anew, so nothing is waited for after it.
    fn back_off_end(&self, cooldown_seconds: u32) -> Option<Timestamp> {
        let ended = self.last_ended.as_ref()?;
        let is_resumed = ended.failure == Some(RechargeFailure::Declined) && self.declines_in_a_row == 0;
        if is_resumed || !ended.failure?.backs_off() {
            return None;
        }
        after(ended.at, cooldown_seconds.max(BACK_OFF_SECONDS_MIN), self.declines_in_a_row.min(MAX_DECLINES))
    }

    /// When the request in flight is given up.
    #[must_use]
    pub fn deadline(&self) -> Option<Timestamp> {
        self.in_flight.as_ref()?.requested_at.checked_add_signed(TimeDelta::hours(PENDING_HOURS_MAX))
    }
}

/// So many seconds later, doubled so often.
fn after(at: Timestamp, seconds: u32, doublings: u32) -> Option<Timestamp> {
    at.checked_add_signed(TimeDelta::seconds(i64::from(seconds) << doublings))
}

fn order_of(policy: &AutoRechargePolicy, packages: i64) -> Option<RechargeOrder> {
    let one = &policy.package;
    let credits = Credits::new(one.credits.get().checked_mul(packages)?);
    let amount_minor = one.price.amount_minor.checked_mul(packages)?;
    (credits <= Credits::MAX_AMOUNT).then(|| RechargeOrder {
        packages,
        credits,
        price: Money { amount_minor, currency: one.price.currency },
        package: one.clone(),
    })
}
