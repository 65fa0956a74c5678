//! Movements of an organization's balance, newest first.

use chrono::{DateTime, Utc};
use domain::{OrganizationId, Timestamp};
use serde::Serialize;
use serde_json::Value;
use sqlx::{Postgres, QueryBuilder};
use uuid::Uuid;

use super::cursor::Walk;
use super::page::{Page, PageRequest};
use super::{QueryError, Reader};

/// Every type that a row can have.
pub const TYPES: [&str; 9] =
    ["purchase", "grant", "consumption", "refund", "expiration", "void", "revocation", "reinstatement", "adjustment"];

pub(super) const COLUMNS: &str = "t.id, t.sequence, t.created_at, t.type AS kind, t.amount, t.balance_after, t.entity_id, \
                       t.description, t.reference_type, t.reference_id, t.operation, t.subject, t.actor, t.metadata";

/// Which rows; all that is given must hold.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct TransactionFilter {
    /// Of [`TYPES`]; empty: all.
    pub types: Vec<&'static str>,
    /// Inclusive.
    pub from: Option<Timestamp>,
    /// Exclusive.
    pub to: Option<Timestamp>,
    pub operation: Option<String>,
    pub reference_id: Option<String>,
    pub reference_type: Option<String>,
}

/// One movement.
#[derive(Clone, Debug, PartialEq, sqlx::FromRow)]
pub struct Transaction {
    pub id: Uuid,
    pub sequence: i64,
    pub created_at: DateTime<Utc>,
    pub kind: String,
    pub amount: i64,
    pub balance_after: i64,
    pub entity_id: Option<Uuid>,
    pub description: Option<String>,
    pub reference_type: Option<String>,
    pub reference_id: Option<String>,
    pub operation: Option<String>,
    pub subject: Option<String>,
    pub actor: String,
    pub metadata: Value,
}

/// Where a page ends: time never runs back in a stream, so this is the order of sequences.
pub type Key = (Timestamp, i64);

impl Reader {
    /// # Errors
    /// The cursor is not of this query, or the tables cannot be read.
    pub async fn transactions(
        &self,
        organization: &OrganizationId,
        filter: &TransactionFilter,
        page: &PageRequest,
    ) -> Result<Page<Transaction>, QueryError> {
        let walk = Walk::of("transactions", organization.as_str(), filter);
        let after = page.after(&walk)?;
        let rows =
            self.rows(statement(self.partition(organization), organization, filter, after, page.limit.and_one()));
        Ok(Page::of(rows.await?, page.limit, &walk, |row: &Transaction| (row.created_at, row.sequence)))
    }
}

/// One branch a type: each is a walk along the index of its type, however rare that is among the others.
#[must_use]
pub fn statement<'q>(
    partition: i16,
    organization: &'q OrganizationId,
    filter: &'q TransactionFilter,
    after: Option<Key>,
    limit: i64,
) -> QueryBuilder<'q, Postgres> {
    let mut sql = QueryBuilder::new("");
    let branches = Branches { partition, organization, filter, after, limit };
    match filter.types.split_first() {
        None => branches.push(&mut sql, None),
        Some((first, [])) => branches.push(&mut sql, Some(first)),
        Some((first, others)) => {
            sql.push("SELECT * FROM ((");
            branches.push(&mut sql, Some(first));
            for other in others {
                sql.push(") UNION ALL (");
                branches.push(&mut sql, Some(other));
            }
            sql.push(")) t ORDER BY t.created_at DESC, t.sequence DESC LIMIT ").push_bind(limit);
        }
    }
    sql
}

struct Branches<'q> {
    partition: i16,
    organization: &'q OrganizationId,
    filter: &'q TransactionFilter,
    after: Option<Key>,
    limit: i64,
}

impl<'q> Branches<'q> {
    fn push(&self, sql: &mut QueryBuilder<'q, Postgres>, kind: Option<&'static str>) {
        let filter = self.filter;
        sql.push("SELECT ").push(COLUMNS).push(" FROM ledger.credit_transactions t WHERE t.partition = ");
        sql.push_bind(self.partition).push(" AND t.organization_id = ").push_bind(self.organization.as_str());
        if let Some(kind) = kind {
            // One of TYPES, written out: the index of types is partial, and is not considered for a parameter.
            sql.push(" AND t.type = '").push(kind).push("'");
        }
        if let Some(operation) = &filter.operation {
            sql.push(" AND t.operation = ").push_bind(operation.as_str());
        }
        if let Some(reference_id) = &filter.reference_id {
            sql.push(" AND t.reference_id = ").push_bind(reference_id.as_str());
        }
        if let Some(reference_type) = &filter.reference_type {
            sql.push(" AND t.reference_type = ").push_bind(reference_type.as_str());
        }
        if let Some(from) = filter.from {
            sql.push(" AND t.created_at >= ").push_bind(from);
        }
        if let Some(to) = filter.to {
            sql.push(" AND t.created_at < ").push_bind(to);
        }
        if let Some((created_at, sequence)) = self.after {
            sql.push(" AND (t.created_at, t.sequence) < (").push_bind(created_at).push(", ");
            sql.push_bind(sequence).push(")");
        }
        sql.push(" ORDER BY t.created_at DESC, t.sequence DESC LIMIT ").push_bind(self.limit);
    }
}
