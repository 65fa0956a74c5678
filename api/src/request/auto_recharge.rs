//! An organization's policy of auto-recharge, as a whole.

use domain::Command;
use domain::commands::ResumeRecharge;
use domain::grant::Money;
use domain::recharge::{AutoRechargePolicy, RechargePackage, ResumeCause};
use domain::{Credits, package::Package};
use serde::Deserialize;
use utoipa::ToSchema;

use crate::problem::Problem;
use crate::request::amount::{self, Given, Range};
use crate::request::purchases::PriceBody;
use crate::request::{Asked, text};

/// Seconds between two recharges where the policy does not say: long enough that a runaway job is noticed before the
/// monthly limit is spent.
const COOLDOWN_SECONDS_DEFAULT: u32 = 300;
/// The longest cool-down: a month, after which the limit begins anew anyway.
const COOLDOWN_SECONDS_MAX: u32 = 31 * 24 * 3600;

/// When to buy credits for an organization, and how many. `{"enabled": false}` alone switches off what there is.
#[derive(Clone, Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct AutoRechargeBody {
    #[schema(default = true)]
    enabled: Option<bool>,
    /// A recharge is asked for when the unrestricted balance falls below this.
    #[schema(value_type = Option<i64>, minimum = 0, maximum = 1_000_000_000_000_000_i64)]
    threshold: Option<Given>,
    /// What is bought, at the price that the package has now: a later change of the package changes nothing here.
    package_id: Option<String>,
    /// Credits wanted, rounded up to whole packages; default one package. More are bought where they are needed to lift
    /// the balance above the threshold.
    #[schema(value_type = Option<i64>, minimum = 1, maximum = 1_000_000_000_000_000_i64)]
    amount: Option<Given>,
    /// Most money in a calendar month (UTC), in the package's currency; default no limit.
    monthly_limit: Option<PriceBody>,
    /// Least seconds between two recharges.
    #[schema(value_type = Option<u32>, default = 300, maximum = 2_678_400)]
    cooldown_seconds: Option<Given>,
}

/// Recharging goes on; nothing more needs to be said.
#[derive(Clone, Debug, Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ResumeBody {}

/// A policy as far as its request says it.
#[derive(Clone, Debug, PartialEq)]
pub struct PolicyAsked {
    pub enabled: bool,
    pub threshold: Credits,
    pub package_id: String,
    pub amount: Option<Credits>,
    pub monthly_limit: Option<Money>,
    pub cooldown_seconds: u32,
}

impl AutoRechargeBody {
    pub(crate) fn command(self) -> Result<Asked, Problem> {
        let enabled = self.enabled.unwrap_or(true);
        if !enabled && self.says_nothing_else() {
            return Ok(Asked::Command(Command::ConfigureAutoRecharge(None)));
        }
        let limit = self.monthly_limit.as_ref();
        let limit = limit.map(|price| price.money("monthly_limit.amount_minor", "monthly_limit.currency"));
        Ok(Asked::Policy(PolicyAsked {
            enabled,
            threshold: amount::required("threshold", self.threshold, Range::ZeroOrMore)?,
            package_id: self.package_id.ok_or_else(|| text::missing("package_id"))?,
            amount: amount::optional("amount", self.amount, Range::Positive)?,
            monthly_limit: limit.transpose()?,
            cooldown_seconds: self.cooldown_seconds.map_or(Ok(COOLDOWN_SECONDS_DEFAULT), cooldown)?,
        }))
    }

    fn says_nothing_else(&self) -> bool {
        self.threshold.is_none()
            && self.package_id.is_none()
            && self.amount.is_none()
            && self.monthly_limit.is_none()
            && self.cooldown_seconds.is_none()
    }
}

fn cooldown(given: Given) -> Result<u32, Problem> {
    let seconds = amount::integer("cooldown_seconds", given, Range::ZeroOrMore)?;
    u32::try_from(seconds).ok().filter(|seconds| *seconds <= COOLDOWN_SECONDS_MAX).ok_or_else(|| {
        let detail = format!("`cooldown_seconds` must be from 0 to {COOLDOWN_SECONDS_MAX}");
        Problem::invalid("invalid_value", "Not a valid value", detail).with("field", "cooldown_seconds")
    })
}

impl ResumeBody {
    pub(crate) fn command(self) -> Command {
        Command::ResumeRecharge(ResumeRecharge { cause: ResumeCause::Person })
    }
}

impl PolicyAsked {
    /// The policy that buys this package, at today's price.
    #[must_use]
    pub fn of(self, package: &Package) -> AutoRechargePolicy {
        let offer = package.offer();
        AutoRechargePolicy {
            enabled: self.enabled,
            threshold: self.threshold,
            package: RechargePackage {
                package_id: package.id.reference(),
                package_version: offer.package_version,
                credits: offer.credits,
                bonus_credits: offer.bonus_credits,
                price: offer.price,
                validity_days: package.terms.validity_days,
            },
            amount: self.amount,
            monthly_limit: self.monthly_limit,
            cooldown_seconds: self.cooldown_seconds,
        }
    }
}
