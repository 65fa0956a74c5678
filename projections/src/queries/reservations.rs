//! Holds on an organization's credits, newest first.

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
pub const STATUSES: [&str; 4] = ["pending", "confirmed", "cancelled", "expired"];

/// Which rows.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct ReservationFilter {
    /// Of [`STATUSES`]; `None`: all.
    pub status: Option<&'static str>,
}

/// One hold and how it ended.
#[derive(Clone, Debug, PartialEq, sqlx::FromRow)]
pub struct Reservation {
    pub reservation_id: Uuid,
    pub sequence: i64,
    pub status: String,
    pub amount: i64,
    pub overdraft_held: i64,
    pub confirmed_amount: Option<i64>,
    pub shortfall: Option<i64>,
    pub created_at: DateTime<Utc>,
    pub expires_at: DateTime<Utc>,
    pub ended_at: Option<DateTime<Utc>>,
    pub over_policy: String,
    pub over_max_amount: Option<i64>,
    pub operation: Option<String>,
    pub subject: Option<String>,
    pub description: Option<String>,
    pub reference_type: Option<String>,
    pub reference_id: Option<String>,
    pub quantities: Value,
    pub dimensions: Value,
    pub actor: String,
    pub metadata: Value,
}

impl Reader {
    /// # Errors
    /// The cursor is not of this query, or the tables cannot be read.
    pub async fn reservations(
        &self,
        organization: &OrganizationId,
        filter: &ReservationFilter,
        page: &PageRequest,
    ) -> Result<Page<Reservation>, QueryError> {
        let walk = Walk::of("reservations", organization.as_str(), filter);
        let after = page.after(&walk)?;
        let rows =
            self.rows(statement(self.partition(organization), organization, filter, after, page.limit.and_one()));
        Ok(Page::of(rows.await?, page.limit, &walk, |row: &Reservation| row.sequence))
    }
}

#[must_use]
pub fn statement<'q>(
    partition: i16,
    organization: &'q OrganizationId,
    filter: &'q ReservationFilter,
    after: Option<i64>,
    limit: i64,
) -> QueryBuilder<'q, Postgres> {
    let mut sql = QueryBuilder::new(
        "SELECT r.reservation_id, r.sequence, r.status, r.amount, r.overdraft_held, r.confirmed_amount, r.shortfall, \
         r.created_at, r.expires_at, r.ended_at, r.over_policy, r.over_max_amount, r.operation, r.subject, \
         r.description, r.reference_type, r.reference_id, r.quantities, r.dimensions, r.actor, r.metadata \
         FROM ledger.credit_reservations r WHERE r.partition = ",
    );
    sql.push_bind(partition).push(" AND r.organization_id = ").push_bind(organization.as_str());
    if let Some(status) = filter.status {
        // One of STATUSES, written out: the index of open ones is partial, and is not considered for a parameter.
        sql.push(" AND r.status = '").push(status).push("'");
    }
    if let Some(sequence) = after {
        sql.push(" AND r.sequence < ").push_bind(sequence);
    }
    sql.push(" ORDER BY r.sequence DESC LIMIT ").push_bind(limit);
    sql
}
