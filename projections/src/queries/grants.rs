//! Lots of credits of an organization: newest first, or those that are open by their end.

use chrono::{DateTime, Utc};
use domain::{OrganizationId, Timestamp};
use serde::Serialize;
use serde_json::Value;
use sqlx::{Postgres, QueryBuilder};
use uuid::Uuid;

use super::cursor::Walk;
use super::page::{Page, PageRequest};
use super::{QueryError, Reader};

/// Every status that a row can have.
pub const STATUSES: [&str; 6] = ["scheduled", "active", "depleted", "expired", "voided", "merged"];

/// As the index of open lots has it.
const IS_OPEN: &str = "g.status IN ('scheduled', 'active')";

const COLUMNS: &str = "g.grant_id, g.sequence, g.category, g.cause, g.status, g.amount, g.remaining, g.held, g.used, \
                       g.expired, g.voided, g.revoked, g.merged, g.priority, g.granted_at, g.effective_at, \
                       g.expires_at, g.ended_at, g.applies_to, g.purchase_id, g.origin_grant_id, g.cost_minor, \
                       g.cost_credits, g.currency, g.reason, g.actor, g.metadata";

/// In which order lots are listed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub enum GrantOrder {
    #[default]
    Newest,
    /// Open ones only, those that never end last.
    Expiry,
}

/// Which rows.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct GrantFilter {
    /// Of [`STATUSES`]; `None`: all.
    pub status: Option<&'static str>,
    pub order: GrantOrder,
}

/// One lot with what is left of it.
#[derive(Clone, Debug, PartialEq, sqlx::FromRow)]
pub struct Grant {
    pub grant_id: Uuid,
    pub sequence: i64,
    pub category: String,
    pub cause: String,
    pub status: String,
    pub amount: i64,
    pub remaining: i64,
    pub held: i64,
    pub used: i64,
    pub expired: i64,
    pub voided: i64,
    pub revoked: i64,
    pub merged: i64,
    pub priority: i16,
    pub granted_at: DateTime<Utc>,
    pub effective_at: DateTime<Utc>,
    pub expires_at: Option<DateTime<Utc>>,
    pub ended_at: Option<DateTime<Utc>>,
    pub applies_to: Vec<String>,
    pub purchase_id: Option<Uuid>,
    pub origin_grant_id: Option<Uuid>,
    pub cost_minor: Option<i64>,
    pub cost_credits: Option<i64>,
    pub currency: Option<String>,
    pub reason: Option<String>,
    pub actor: String,
    pub metadata: Value,
}

/// Where a page by expiry ends.
type ExpiryKey = (Option<Timestamp>, Uuid);

impl Reader {
    /// # Errors
    /// The cursor is not of this query, or the tables cannot be read.
    pub async fn grants(
        &self,
        organization: &OrganizationId,
        filter: &GrantFilter,
        page: &PageRequest,
    ) -> Result<Page<Grant>, QueryError> {
        let walk = Walk::of("grants", organization.as_str(), filter);
        let (partition, limit) = (self.partition(organization), page.limit.and_one());
        match filter.order {
            GrantOrder::Newest => {
                let rows = self.rows(newest(partition, organization, filter, page.after(&walk)?, limit)).await?;
                Ok(Page::of(rows, page.limit, &walk, |row: &Grant| row.sequence))
            }
            GrantOrder::Expiry => {
                let rows = self.rows(by_expiry(partition, organization, filter, page.after(&walk)?, limit)).await?;
                Ok(Page::of(rows, page.limit, &walk, |row: &Grant| (row.expires_at, row.grant_id)))
            }
        }
    }

    /// One lot, whether open or not.
    ///
    /// # Errors
    /// The tables cannot be read.
    pub async fn grant(&self, organization: &OrganizationId, grant: Uuid) -> Result<Option<Grant>, QueryError> {
        self.row(one(self.partition(organization), organization, grant)).await
    }

    /// The open lot that ends next, if one ends.
    ///
    /// # Errors
    /// The tables cannot be read.
    pub async fn next_to_expire(
        &self,
        organization: &OrganizationId,
        now: Timestamp,
    ) -> Result<Option<Grant>, QueryError> {
        self.row(next_to_expire(self.partition(organization), organization, now)).await
    }
}

fn select(partition: i16, organization: &OrganizationId) -> QueryBuilder<'_, Postgres> {
    let mut sql = QueryBuilder::new("");
    push_select(&mut sql, partition, organization);
    sql
}

fn push_select<'q>(sql: &mut QueryBuilder<'q, Postgres>, partition: i16, organization: &'q OrganizationId) {
    sql.push("SELECT ").push(COLUMNS).push(" FROM ledger.credit_grants g WHERE g.partition = ").push_bind(partition);
    sql.push(" AND g.organization_id = ").push_bind(organization.as_str());
}

fn push_status(sql: &mut QueryBuilder<'_, Postgres>, filter: &GrantFilter) {
    if let Some(status) = filter.status {
        sql.push(" AND g.status = ").push_bind(status);
    }
}

#[must_use]
pub fn one(partition: i16, organization: &OrganizationId, grant: Uuid) -> QueryBuilder<'_, Postgres> {
    let mut sql = select(partition, organization);
    sql.push(" AND g.grant_id = ").push_bind(grant);
    sql
}

#[must_use]
pub fn newest<'q>(
    partition: i16,
    organization: &'q OrganizationId,
    filter: &'q GrantFilter,
    after: Option<i64>,
    limit: i64,
) -> QueryBuilder<'q, Postgres> {
    let mut sql = select(partition, organization);
    push_status(&mut sql, filter);
    if let Some(sequence) = after {
        sql.push(" AND g.sequence < ").push_bind(sequence);
    }
    sql.push(" ORDER BY g.sequence DESC LIMIT ").push_bind(limit);
    sql
}

/// Lots that end, then lots that do not: two walks along the index, because no comparison with a key finds a NULL.
#[must_use]
pub fn by_expiry<'q>(
    partition: i16,
    organization: &'q OrganizationId,
    filter: &'q GrantFilter,
    after: Option<ExpiryKey>,
    limit: i64,
) -> QueryBuilder<'q, Postgres> {
    let mut sql = QueryBuilder::new("SELECT * FROM (");
    if !matches!(after, Some((None, _))) {
        sql.push("(");
        push_select(&mut sql, partition, organization);
        sql.push(" AND ").push(IS_OPEN).push(" AND g.expires_at IS NOT NULL");
        push_status(&mut sql, filter);
        if let Some((Some(expires_at), grant_id)) = after {
            sql.push(" AND (g.expires_at, g.grant_id) > (").push_bind(expires_at).push(", ");
            sql.push_bind(grant_id).push(")");
        }
        sql.push(" ORDER BY g.expires_at, g.grant_id LIMIT ").push_bind(limit).push(") UNION ALL ");
    }
    sql.push("(");
    push_select(&mut sql, partition, organization);
    sql.push(" AND ").push(IS_OPEN).push(" AND g.expires_at IS NULL");
    push_status(&mut sql, filter);
    if let Some((None, grant_id)) = after {
        sql.push(" AND g.grant_id > ").push_bind(grant_id);
    }
    sql.push(" ORDER BY g.grant_id LIMIT ").push_bind(limit);
    sql.push(")) g ORDER BY g.expires_at, g.grant_id LIMIT ").push_bind(limit);
    sql
}

#[must_use]
pub fn next_to_expire(partition: i16, organization: &OrganizationId, now: Timestamp) -> QueryBuilder<'_, Postgres> {
    let mut sql = select(partition, organization);
    // What has ended already is about to be settled.
    sql.push(" AND ").push(IS_OPEN).push(" AND g.expires_at > ").push_bind(now);
    sql.push(" ORDER BY g.expires_at, g.grant_id LIMIT 1");
    sql
}
