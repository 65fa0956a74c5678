//! Payments of an organization, newest first.

use chrono::{DateTime, Utc};
use domain::OrganizationId;
use serde::Serialize;
use serde_json::Value;
use sqlx::{Postgres, QueryBuilder};
use uuid::Uuid;

use super::cursor::Walk;
use super::page::{Page, PageRequest};
use super::{QueryError, Reader};

/// Every status that a row can have.
pub const STATUSES: [&str; 6] = ["started", "completed", "failed", "expired", "partly_revoked", "revoked"];

/// Which rows.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct PurchaseFilter {
    /// Of [`STATUSES`]; `None`: all.
    pub status: Option<&'static str>,
}

/// One payment and what became of it.
#[derive(Clone, Debug, PartialEq, sqlx::FromRow)]
pub struct Purchase {
    pub purchase_id: Uuid,
    pub sequence: i64,
    pub status: String,
    pub credits: i64,
    pub price_minor: i64,
    pub currency: String,
    pub revoked_credits: i64,
    pub refunded_minor: i64,
    pub payment_reference: String,
    pub package_id: Option<String>,
    pub created_at: DateTime<Utc>,
    pub completed_at: Option<DateTime<Utc>>,
    pub updated_at: DateTime<Utc>,
    pub expires_at: Option<DateTime<Utc>>,
    pub reason: Option<String>,
    pub actor: String,
    pub metadata: Value,
}

impl Reader {
    /// # Errors
    /// The cursor is not of this query, or the tables cannot be read.
    pub async fn purchases(
        &self,
        organization: &OrganizationId,
        filter: &PurchaseFilter,
        page: &PageRequest,
    ) -> Result<Page<Purchase>, QueryError> {
        let walk = Walk::of("purchases", organization.as_str(), filter);
        let after = page.after(&walk)?;
        let rows =
            self.rows(statement(self.partition(organization), organization, filter, after, page.limit.and_one()));
        Ok(Page::of(rows.await?, page.limit, &walk, |row: &Purchase| row.sequence))
    }
}

#[must_use]
pub fn statement<'q>(
    partition: i16,
    organization: &'q OrganizationId,
    filter: &'q PurchaseFilter,
    after: Option<i64>,
    limit: i64,
) -> QueryBuilder<'q, Postgres> {
    let mut sql = QueryBuilder::new(
        "SELECT p.purchase_id, p.sequence, p.status, p.credits, p.price_minor, p.currency, p.revoked_credits, \
         p.refunded_minor, p.payment_reference, p.package_id, p.created_at, p.completed_at, p.updated_at, \
         p.expires_at, p.reason, p.actor, p.metadata \
         FROM ledger.credit_purchases p WHERE p.partition = ",
    );
    sql.push_bind(partition).push(" AND p.organization_id = ").push_bind(organization.as_str());
    if let Some(status) = filter.status {
        sql.push(" AND p.status = ").push_bind(status);
    }
    if let Some(sequence) = after {
        sql.push(" AND p.sequence < ").push_bind(sequence);
    }
    sql.push(" ORDER BY p.sequence DESC LIMIT ").push_bind(limit);
    sql
}
