//! The balance row of one organization, and all of them in the order of their ids.

use chrono::{DateTime, Utc};
use domain::OrganizationId;
use serde::Serialize;
use sqlx::{Postgres, QueryBuilder};

use super::cursor::Walk;
use super::page::{Page, PageRequest};
use super::{QueryError, Reader};

const COLUMNS: &str = "c.organization_id, c.balance, c.reserved, c.available, c.restricted, c.debt, \
                       c.overdraft_limit, c.lifetime_purchased, c.lifetime_granted, c.lifetime_used, \
                       c.lifetime_expired, c.lifetime_refunded, c.low_balance_threshold, c.low_balance, \
                       c.auto_recharge_enabled, c.auto_recharge_suspended, c.last_sequence, c.created_at, \
                       c.updated_at";

/// Sorts behind every character of an organization's id.
const BEHIND_EVERY_ID: char = '~';

/// Which rows.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct OrganizationFilter {
    /// With what the id begins.
    pub prefix: Option<String>,
    /// Only this one: what a caller that is bound to it may see.
    pub only: Option<OrganizationId>,
}

/// An organization's figures after its last projected event.
#[derive(Clone, Debug, PartialEq, Eq, sqlx::FromRow)]
pub struct OrganizationCredits {
    pub organization_id: String,
    pub balance: i64,
    pub reserved: i64,
    pub available: i64,
    /// Of the balance: in lots that pay only for some operations.
    pub restricted: i64,
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

/// Credits of effective lots with the same patterns.
#[derive(Clone, Debug, PartialEq, Eq, sqlx::FromRow)]
pub struct RestrictedCredits {
    pub applies_to: Vec<String>,
    pub balance: i64,
    /// What no reservation holds, of lots that have not ended.
    pub available: i64,
}

impl Reader {
    /// `None` before the organization's first event has been projected.
    ///
    /// # Errors
    /// The tables cannot be read.
    pub async fn organization(&self, organization: &OrganizationId) -> Result<Option<OrganizationCredits>, QueryError> {
        self.row(one(self.partition(organization), organization)).await
    }

    /// What `total` (the row's `restricted`) is made of.
    ///
    /// # Errors
    /// The tables cannot be read.
    pub async fn restricted(
        &self,
        organization: &OrganizationId,
        total: i64,
    ) -> Result<Vec<RestrictedCredits>, QueryError> {
        if total == 0 {
            return Ok(Vec::new());
        }
        let partition = self.partition(organization);
        let open: Vec<RestrictedCredits> = self.rows(restricted(partition, organization, Lots::Open)).await?;
        if open.iter().map(|part| part.balance).sum::<i64>() == total {
            return Ok(open);
        }
        let _room = self.room_for_sums().await?;
        self.rows(restricted(partition, organization, Lots::All)).await
    }

    /// # Errors
    /// The cursor is not of this query, or the tables cannot be read.
    pub async fn organizations(
        &self,
        filter: &OrganizationFilter,
        page: &PageRequest,
    ) -> Result<Page<OrganizationCredits>, QueryError> {
        let walk = Walk::of("organizations", "", filter);
        let rows = self.rows(many(filter, page.after(&walk)?, page.limit.and_one()));
        Ok(Page::of(rows.await?, page.limit, &walk, |row: &OrganizationCredits| row.organization_id.clone()))
    }
}

#[must_use]
pub fn one(partition: i16, organization: &OrganizationId) -> QueryBuilder<'_, Postgres> {
    let mut sql = QueryBuilder::new("SELECT ");
    sql.push(COLUMNS).push(" FROM ledger.organization_credits c WHERE c.partition = ").push_bind(partition);
    sql.push(" AND c.organization_id = ").push_bind(organization.as_str());
    sql
}

#[must_use]
pub fn many(filter: &OrganizationFilter, after: Option<String>, limit: i64) -> QueryBuilder<'_, Postgres> {
    let mut sql = QueryBuilder::new("SELECT ");
    sql.push(COLUMNS).push(" FROM ledger.organization_credits c WHERE true");
    if let Some(only) = &filter.only {
        sql.push(" AND c.organization_id = ").push_bind(only.as_str());
    }
    if let Some(prefix) = &filter.prefix {
        sql.push(" AND c.organization_id >= ").push_bind(prefix.as_str());
        sql.push(" AND c.organization_id < ").push_bind(format!("{prefix}{BEHIND_EVERY_ID}"));
    }
    if let Some(after) = after {
        sql.push(" AND c.organization_id > ").push_bind(after);
    }
    sql.push(" ORDER BY c.organization_id LIMIT ").push_bind(limit);
    sql
}

/// Which lots are looked at for restricted credits.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Lots {
    /// By the index of open ones.
    Open,
    /// Also those that have ended while a reservation held part of them: rare, and in no index.
    All,
}

#[must_use]
pub fn restricted(partition: i16, organization: &OrganizationId, lots: Lots) -> QueryBuilder<'_, Postgres> {
    let mut sql = QueryBuilder::new(
        "SELECT g.applies_to, sum(g.remaining)::bigint AS balance, \
         coalesce(sum(g.remaining - g.held) FILTER (WHERE g.status = 'active'), 0)::bigint AS available \
         FROM ledger.credit_grants g WHERE g.partition = ",
    );
    sql.push_bind(partition).push(" AND g.organization_id = ").push_bind(organization.as_str());
    sql.push(match lots {
        Lots::Open => " AND g.status IN ('scheduled', 'active')",
        Lots::All => "",
    });
    sql.push(
        " AND g.status <> 'scheduled' AND g.remaining > 0 AND g.applies_to <> '{}' \
         GROUP BY g.applies_to ORDER BY g.applies_to",
    );
    sql
}
