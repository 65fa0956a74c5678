//! Figures of organizations.

use chrono::{DateTime, Utc};
use projections::queries::{OrganizationCredits, RestrictedCredits};
use serde::Serialize;
use utoipa::ToSchema;

use crate::answers::balance::{BalanceAnswer, Restricted};
use crate::csv::{Cell, Row};

/// One organization's figures after its last projected event.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct OrganizationRow {
    pub organization_id: String,
    pub balance: i64,
    pub reserved: i64,
    pub available: i64,
    /// Of the balance: in grants that pay only for some operations.
    pub restricted_balance: i64,
    pub debt: i64,
    pub overdraft_limit: i64,
    pub lifetime_purchased: i64,
    pub lifetime_granted: i64,
    pub lifetime_used: i64,
    pub lifetime_expired: i64,
    pub lifetime_refunded: i64,
    pub low_balance_threshold: i64,
    pub low_balance: bool,
    pub auto_recharge_enabled: bool,
    pub auto_recharge_suspended: bool,
    pub last_sequence: i64,
    pub created_at: DateTime<Utc>,
    pub updated_at: DateTime<Utc>,
}

impl From<OrganizationCredits> for OrganizationRow {
    fn from(row: OrganizationCredits) -> Self {
        Self {
            organization_id: row.organization_id,
            balance: row.balance,
            reserved: row.reserved,
            available: row.available,
            restricted_balance: row.restricted,
            debt: row.debt,
            overdraft_limit: row.overdraft_limit,
            lifetime_purchased: row.lifetime_purchased,
            lifetime_granted: row.lifetime_granted,
            lifetime_used: row.lifetime_used,
            lifetime_expired: row.lifetime_expired,
            lifetime_refunded: row.lifetime_refunded,
            low_balance_threshold: row.low_balance_threshold,
            low_balance: row.low_balance,
            auto_recharge_enabled: row.auto_recharge_enabled,
            auto_recharge_suspended: row.auto_recharge_suspended,
            last_sequence: row.last_sequence,
            created_at: row.created_at,
            updated_at: row.updated_at,
        }
    }
}

impl Row for OrganizationRow {
    const COLUMNS: &'static [&'static str] = &[
        "organization_id",
        "balance",
        "reserved",
        "available",
        "restricted_balance",
        "debt",
        "overdraft_limit",
        "lifetime_purchased",
        "lifetime_granted",
        "lifetime_used",
        "lifetime_expired",
        "lifetime_refunded",
        "low_balance_threshold",
        "low_balance",
        "auto_recharge_enabled",
        "auto_recharge_suspended",
        "last_sequence",
        "created_at",
        "updated_at",
    ];

    fn cells(&self) -> Vec<Cell<'_>> {
        vec![
            Cell::text(&self.organization_id),
            Cell::Number(self.balance.into()),
            Cell::Number(self.reserved.into()),
            Cell::Number(self.available.into()),
            Cell::Number(self.restricted_balance.into()),
            Cell::Number(self.debt.into()),
            Cell::Number(self.overdraft_limit.into()),
            Cell::Number(self.lifetime_purchased.into()),
            Cell::Number(self.lifetime_granted.into()),
            Cell::Number(self.lifetime_used.into()),
            Cell::Number(self.lifetime_expired.into()),
            Cell::Number(self.lifetime_refunded.into()),
            Cell::Number(self.low_balance_threshold.into()),
            Cell::Flag(self.low_balance),
            Cell::Flag(self.auto_recharge_enabled),
            Cell::Flag(self.auto_recharge_suspended),
            Cell::Number(self.last_sequence.into()),
            Cell::Time(self.created_at),
            Cell::Time(self.updated_at),
        ]
    }
}

/// The answer that the write side would give, from the read model.
#[must_use]
pub fn of_read_model(row: OrganizationCredits, restricted: Vec<RestrictedCredits>) -> BalanceAnswer {
    let part = |part: RestrictedCredits| Restricted {
        applies_to: part.applies_to,
        balance: part.balance,
        available: part.available,
    };
    BalanceAnswer {
        organization_id: row.organization_id,
        balance: row.balance,
        reserved: row.reserved,
        available: row.available,
        overdraft_limit: row.overdraft_limit,
        restricted: restricted.into_iter().map(part).collect(),
        lifetime_purchased: row.lifetime_purchased,
        lifetime_granted: row.lifetime_granted,
        lifetime_used: row.lifetime_used,
        lifetime_expired: row.lifetime_expired,
        lifetime_refunded: row.lifetime_refunded,
        low_balance_threshold: row.low_balance_threshold,
        low_balance: row.low_balance,
        last_sequence: row.last_sequence.unsigned_abs(),
        updated_at: Some(row.updated_at),
    }
}
