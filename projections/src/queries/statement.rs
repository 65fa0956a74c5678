//! An account statement of a span of time: the balance before it, and its movements, oldest first.

use domain::{OrganizationId, Timestamp};
use sqlx::{Postgres, QueryBuilder};

use super::transactions::{COLUMNS, Key};
use super::{QueryError, Reader, Transaction};

/// Movements that are in memory at once, however long the statement.
const PAGE: i64 = 1_000;

impl Reader {
    /// The balance after the last movement before an instant; zero before the first.
    ///
    /// # Errors
    /// The tables cannot be read.
    pub async fn balance_before(&self, organization: &OrganizationId, before: Timestamp) -> Result<i64, QueryError> {
        let last = self.row::<(i64,)>(last_before(self.partition(organization), organization, before));
        Ok(last.await?.map_or(0, |(balance,)| balance))
    }

    /// A piece of the movements in `from..to`, behind `after`; the last one is empty.
    ///
    /// # Errors
    /// The tables cannot be read.
    pub async fn movements(
        &self,
        organization: &OrganizationId,
        from: Timestamp,
        to: Timestamp,
        after: Option<Key>,
    ) -> Result<Vec<Transaction>, QueryError> {
        self.rows(movements(self.partition(organization), organization, from, to, after)).await
    }
}

#[must_use]
pub fn last_before(partition: i16, organization: &OrganizationId, before: Timestamp) -> QueryBuilder<'_, Postgres> {
    let mut sql = select("t.balance_after", partition, organization);
    sql.push(" AND t.created_at < ").push_bind(before);
    sql.push(" ORDER BY t.created_at DESC, t.sequence DESC LIMIT 1");
    sql
}

#[must_use]
pub fn movements(
    partition: i16,
    organization: &OrganizationId,
    from: Timestamp,
    to: Timestamp,
    after: Option<Key>,
) -> QueryBuilder<'_, Postgres> {
    let mut sql = select(COLUMNS, partition, organization);
    sql.push(" AND t.created_at >= ").push_bind(from).push(" AND t.created_at < ").push_bind(to);
    if let Some((created_at, sequence)) = after {
        sql.push(" AND (t.created_at, t.sequence) > (").push_bind(created_at).push(", ");
        sql.push_bind(sequence).push(")");
    }
    sql.push(" ORDER BY t.created_at, t.sequence LIMIT ").push_bind(PAGE);
    sql
}

fn select<'q>(columns: &str, partition: i16, organization: &'q OrganizationId) -> QueryBuilder<'q, Postgres> {
    let mut sql = QueryBuilder::new("SELECT ");
    sql.push(columns).push(" FROM ledger.credit_transactions t WHERE t.partition = ").push_bind(partition);
    sql.push(" AND t.organization_id = ").push_bind(organization.as_str());
    sql
}
