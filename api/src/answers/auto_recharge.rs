//! Auto-recharge: the policy, and whether a recharge would be asked for now, or why not.

use chrono::{DateTime, Utc};
use domain::events::{AutoRechargeConfigured, RechargeResumed};
use domain::recharge::{
    AutoRechargePolicy, Ended, InFlight, NoRecharge, Recharge, RechargeFailure, ResumeCause, Suspension,
    SuspensionCause,
};
use serde::Serialize;
use store::StrongBalance;
use utoipa::ToSchema;
use uuid::Uuid;

use super::parts::{After, Price};

/// When credits are bought, and how many.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
pub struct AutoRechargePolicyView {
    pub enabled: bool,
    pub threshold: i64,
    pub package_id: String,
    pub package_version: Option<u32>,
    /// What one package brings and costs: as it was when the policy was made.
    pub package_credits: i64,
    pub package_price: Price,
    pub validity_days: Option<u32>,
    /// Credits wanted; `null`: one package.
    pub amount: Option<i64>,
    /// Packages of an ordinary recharge; more where the balance lies further below the threshold.
    pub packages: i64,
    pub monthly_limit: Option<Price>,
    pub cooldown_seconds: u32,
}

impl From<&AutoRechargePolicy> for AutoRechargePolicyView {
    fn from(policy: &AutoRechargePolicy) -> Self {
        let package = &policy.package;
        Self {
            enabled: policy.enabled,
            threshold: policy.threshold.get(),
            package_id: package.package_id.to_string(),
            package_version: package.package_version,
            package_credits: package.credits.get(),
            package_price: package.price.into(),
            validity_days: package.validity_days,
            amount: policy.amount.map(domain::Credits::get),
            packages: policy.packages_wanted(),
            monthly_limit: policy.monthly_limit.map(Price::from),
            cooldown_seconds: policy.cooldown_seconds,
        }
    }
}

/// The policy, once configured.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
pub struct AutoRechargeAnswer<'a> {
    pub policy: AutoRechargePolicyView,
    #[serde(flatten)]
    pub after: After<'a>,
}

impl<'a> AutoRechargeAnswer<'a> {
    pub(crate) fn of(fact: &'a AutoRechargeConfigured, after: After<'a>) -> Self {
        Self { policy: (&fact.policy).into(), after }
    }
}

/// Recharging goes on.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
pub struct AutoRechargeResumption<'a> {
    /// `person` or `new_card`.
    #[schema(value_type = String)]
    pub resumed_by: ResumeCause,
    #[serde(flatten)]
    pub after: After<'a>,
}

impl<'a> AutoRechargeResumption<'a> {
    pub(crate) fn of(fact: &'a RechargeResumed, after: After<'a>) -> Self {
        Self { resumed_by: fact.cause, after }
    }
}

/// What the ledger would do now, and why: the same question that it asks itself after every command.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
pub struct DecisionView {
    pub at: DateTime<Utc>,
    /// Whether a recharge is asked for at this instant.
    pub recharge: bool,
    /// `due`, `not_configured`, `disabled`, `balance_above_threshold`, `in_flight`, `suspended`, `cooling_down`,
    /// `monthly_limit_reached` or `too_many_packages`.
    pub reason: &'static str,
    /// In a sentence, with the figures.
    pub detail: String,
    /// When the cool-down ends.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub until: Option<DateTime<Utc>>,
    /// What alerts and recharges look at: grants that pay only for some operations do not count.
    pub unrestricted_balance: i64,
}

/// A recharge whose outcome is not known yet.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
pub struct PendingRecharge {
    pub recharge_id: Uuid,
    pub requested_at: DateTime<Utc>,
    /// When it is given up; a payment that arrives later is credited all the same.
    pub expires_at: Option<DateTime<Utc>>,
    pub credits: i64,
    pub price: Price,
    pub package_id: String,
}

impl PendingRecharge {
    fn of(request: &InFlight, recharge: &Recharge) -> Self {
        Self {
            recharge_id: request.recharge_id.entity(),
            requested_at: request.requested_at,
            expires_at: recharge.deadline(),
            credits: request.credits.get(),
            price: request.price.into(),
            package_id: request.package_id.to_string(),
        }
    }
}

/// Why nothing is charged until somebody has looked.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
pub struct SuspensionView {
    #[schema(value_type = String)]
    pub cause: SuspensionCause,
    pub reason: String,
    pub since: DateTime<Utc>,
    /// Whether another saved card ends it; `POST .../resume` always does.
    pub ends_with_a_new_card: bool,
}

impl From<&Suspension> for SuspensionView {
    fn from(suspension: &Suspension) -> Self {
        let (cause, since) = (suspension.cause, suspension.since);
        let reason = suspension.reason.to_string();
        Self { cause, reason, since, ends_with_a_new_card: cause.ends_with_a_new_card() }
    }
}

/// The latest recharge that has ended.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
pub struct EndedRecharge {
    pub recharge_id: Uuid,
    pub ended_at: DateTime<Utc>,
    /// `null`: it was paid.
    #[schema(value_type = Option<String>)]
    pub failure: Option<RechargeFailure>,
    /// The payment processor's own code.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub detail: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub purchase_id: Option<Uuid>,
}

impl From<&Ended> for EndedRecharge {
    fn from(ended: &Ended) -> Self {
        Self {
            recharge_id: ended.recharge_id.entity(),
            ended_at: ended.at,
            failure: ended.failure,
            detail: ended.detail.as_ref().map(ToString::to_string),
            purchase_id: ended.purchase_id.map(|id| id.entity()),
        }
    }
}

/// Auto-recharge of an organization, and why it does what it does.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
pub struct AutoRechargeState {
    pub organization_id: String,
    /// `null`: there has never been one.
    pub policy: Option<AutoRechargePolicyView>,
    pub decision: DecisionView,
    pub pending: Option<PendingRecharge>,
    pub suspension: Option<SuspensionView>,
    pub last_requested_at: Option<DateTime<Utc>>,
    pub last_ended: Option<EndedRecharge>,
    pub declines_in_a_row: u32,
    /// Spent or reserved in the calendar month (UTC), in the package's currency.
    pub spent_this_month: Option<Price>,
    pub last_sequence: u64,
}

impl AutoRechargeState {
    #[must_use]
    pub fn of(organization: &str, strong: &StrongBalance) -> Self {
        let recharge = strong.state.recharge();
        Self {
            organization_id: organization.to_owned(),
            policy: recharge.policy.as_ref().map(AutoRechargePolicyView::from),
            decision: decision(strong),
            pending: recharge.in_flight.as_ref().map(|request| PendingRecharge::of(request, recharge)),
            suspension: recharge.suspended.as_ref().map(SuspensionView::from),
            last_requested_at: recharge.last_requested_at,
            last_ended: recharge.last_ended.as_ref().map(EndedRecharge::from),
            declines_in_a_row: recharge.declines_in_a_row,
            spent_this_month: recharge.policy.as_ref().map(|policy| {
                let currency = policy.package.price.currency;
                Price { amount_minor: recharge.month_spent_minor(currency, strong.at), currency: currency.into() }
            }),
            last_sequence: strong.sequence,
        }
    }
}

fn decision(strong: &StrongBalance) -> DecisionView {
    let balance = strong.state.unrestricted_balance();
    let answer = strong.state.recharge().order(balance, strong.at);
    let (reason, detail, until) = match &answer {
        Ok(order) => ("due", format!("{} packages are due", order.packages), None),
        Err(no) => (no.code(), no.to_string(), cooled(no)),
    };
    let (at, unrestricted_balance) = (strong.at, balance.get());
    DecisionView { at, recharge: answer.is_ok(), reason, detail, until, unrestricted_balance }
}

fn cooled(no: &NoRecharge) -> Option<DateTime<Utc>> {
    match no {
        NoRecharge::CoolingDown { until } => Some(*until),
        NoRecharge::NotConfigured
        | NoRecharge::Disabled
        | NoRecharge::BalanceAboveThreshold { .. }
        | NoRecharge::InFlight { .. }
        | NoRecharge::Suspended { .. }
        | NoRecharge::MonthlyLimitReached { .. }
        | NoRecharge::TooManyPackages => None,
    }
}
