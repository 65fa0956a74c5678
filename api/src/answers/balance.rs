//! The figures of an organization, from the write side's own state.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use domain::{Credits, Organization};
use serde::Serialize;
use store::StrongBalance;
use utoipa::ToSchema;

/// Credits that pay only for some operations.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct Restricted {
    pub applies_to: Vec<String>,
    /// The part of `balance` that is restricted so.
    pub balance: i64,
    /// The part of it that no reservation holds.
    pub available: i64,
}

/// The figures of one organization, settled to the moment of the answer.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct BalanceAnswer {
    pub organization_id: String,
    /// What remains in effective grants, held parts included, minus the debt.
    pub balance: i64,
    /// Held by open reservations.
    pub reserved: i64,
    /// What a consumption without an operation could take, overdraft included.
    pub available: i64,
    pub overdraft_limit: i64,
    /// Of the balance: what pays only for some operations.
    pub restricted: Vec<Restricted>,
    pub lifetime_purchased: i64,
    pub lifetime_granted: i64,
    pub lifetime_used: i64,
    pub lifetime_expired: i64,
    pub lifetime_refunded: i64,
    /// The threshold in force.
    pub low_balance_threshold: i64,
    /// Whether the unrestricted balance is below it.
    pub low_balance: bool,
    pub last_sequence: u64,
    /// The time of the organization's last event.
    pub updated_at: Option<DateTime<Utc>>,
}

impl BalanceAnswer {
    #[must_use]
    pub fn of(organization: &str, strong: &StrongBalance) -> Self {
        let state = &strong.state;
        let (figures, totals) = (state.figures(), state.totals());
        Self {
            organization_id: organization.to_owned(),
            balance: figures.balance.get(),
            reserved: figures.reserved.get(),
            available: figures.available.get(),
            overdraft_limit: state.settings().overdraft_limit.get(),
            restricted: restricted(state),
            lifetime_purchased: totals.purchased.get(),
            lifetime_granted: totals.granted.get(),
            lifetime_used: totals.consumed.get(),
            lifetime_expired: totals.expired.get(),
            lifetime_refunded: totals.refunded.get(),
            low_balance_threshold: state.low_balance_threshold().get(),
            low_balance: state.unrestricted_balance() < state.low_balance_threshold(),
            last_sequence: strong.sequence,
            updated_at: state.last_event_at(),
        }
    }
}

fn restricted(state: &Organization) -> Vec<Restricted> {
    let mut by_patterns: BTreeMap<Vec<&str>, (Credits, Credits)> = BTreeMap::new();
    for lot in state.lots().iter().filter(|lot| lot.terms.is_restricted() && lot.in_balance().is_positive()) {
        let (balance, available) = by_patterns.entry(super::grant::patterns(&lot.terms)).or_default();
        *balance = *balance + lot.in_balance();
        *available = *available + lot.free();
    }
    let row = |(patterns, (balance, available)): (Vec<&str>, (Credits, Credits))| Restricted {
        applies_to: patterns.into_iter().map(str::to_owned).collect(),
        balance: balance.get(),
        available: available.get(),
    };
    by_patterns.into_iter().map(row).collect()
}

/// The settings in force.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct SettingsView {
    pub organization_id: String,
    /// `null`: the smaller of 1,000 and a tenth of the last top-up.
    pub low_balance_threshold: Option<i64>,
    pub overdraft_limit: i64,
    pub last_sequence: u64,
}

impl SettingsView {
    #[must_use]
    pub fn of(organization: &str, strong: &StrongBalance) -> Self {
        let settings = strong.state.settings();
        Self {
            organization_id: organization.to_owned(),
            low_balance_threshold: settings.low_balance_threshold.map(Credits::get),
            overdraft_limit: settings.overdraft_limit.get(),
            last_sequence: strong.sequence,
        }
    }
}
