//! Which tier of rate limits an organization's packages have brought it.

use domain::OrganizationId;
use sqlx::{Postgres, QueryBuilder};

use super::{QueryError, Reader};

impl Reader {
    /// The tier of the package that the organization bought last, as that package is now; `None` where it names none.
    ///
    /// # Errors
    /// The tables cannot be read.
    pub async fn rate_tier(&self, organization: &OrganizationId) -> Result<Option<String>, QueryError> {
        let found: Option<(Option<String>,)> = self.row(statement(self.partition(organization), organization)).await?;
        Ok(found.and_then(|(tier,)| tier))
    }
}

/// Of the organization's newest purchase of a package that was paid and not taken back as a whole.
#[must_use]
pub fn statement(partition: i16, organization: &OrganizationId) -> QueryBuilder<'_, Postgres> {
    let mut sql = QueryBuilder::new(
        "SELECT k.rate_tier FROM (
             SELECT p.package_id FROM ledger.credit_purchases p
             WHERE p.package_id IS NOT NULL AND p.status IN ('completed', 'partly_revoked') AND p.partition = ",
    );
    sql.push_bind(partition).push(" AND p.organization_id = ").push_bind(organization.as_str());
    sql.push(
        " ORDER BY p.sequence DESC LIMIT 1) latest LEFT JOIN ledger.credit_packages k ON k.id = latest.package_id",
    );
    sql
}
