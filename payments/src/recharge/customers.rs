//! Who pays for an organization.

use domain::OrganizationId;
use sqlx::PgPool;

use crate::gateway::CustomerId;

const CUSTOMER: &str = "SELECT customer_id FROM payments.customers WHERE organization_id = $1";

/// The customers that checkouts have made.
#[derive(Clone, Debug)]
pub struct Customers {
    pool: PgPool,
}

impl Customers {
    #[must_use]
    pub fn new(pool: PgPool) -> Self {
        Self { pool }
    }

    /// `None`: nobody has ever paid for the organization, so there is no saved card.
    pub async fn of(&self, organization: &OrganizationId) -> Result<Option<CustomerId>, sqlx::Error> {
        let id: Option<String> =
            sqlx::query_scalar(CUSTOMER).bind(organization.as_str()).fetch_optional(&self.pool).await?;
        Ok(id.map(CustomerId::new))
    }
}
