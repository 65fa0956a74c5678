//! Who pays for an organization: one customer at the processor, made when it is first needed.

use domain::OrganizationId;
use sqlx::PgPool;

use crate::Payments;
use crate::crash::{self, Point};
use crate::gateway::{CustomerId, GatewayError, RequestKey};

const FIND: &str = "SELECT customer_id FROM payments.customers WHERE organization_id = $1";
const OF_CUSTOMER: &str = "SELECT organization_id FROM payments.customers WHERE customer_id = $1";
const KEEP: &str = "INSERT INTO payments.customers (organization_id, customer_id, created_at) VALUES ($1, $2, $3) \
                    ON CONFLICT (organization_id) DO NOTHING";
const REPLACE: &str = "UPDATE payments.customers SET customer_id = $2, created_at = $3 \
                       WHERE organization_id = $1 AND customer_id = $4";

/// Why there is no customer.
#[derive(Debug, thiserror::Error)]
pub enum CustomerError {
    #[error(transparent)]
    Gateway(#[from] GatewayError),
    #[error("the database")]
    Database(#[from] sqlx::Error),
}

/// `None`: nobody has ever paid for the organization.
///
/// # Errors
/// The database is unavailable.
pub async fn find(pool: &PgPool, organization: &OrganizationId) -> Result<Option<CustomerId>, sqlx::Error> {
    let found: Option<String> = sqlx::query_scalar(FIND).bind(organization.as_str()).fetch_optional(pool).await?;
    Ok(found.map(CustomerId::new))
}

/// Whose customer it is, by the processor's word in an event.
///
/// # Errors
/// The database is unavailable, or holds what is no id.
pub async fn organization_of(pool: &PgPool, customer: &CustomerId) -> Result<Option<OrganizationId>, sqlx::Error> {
    let found: Option<String> = sqlx::query_scalar(OF_CUSTOMER).bind(customer.as_str()).fetch_optional(pool).await?;
    let id = found.as_deref().map(OrganizationId::try_new).transpose();
    id.map_err(|error| sqlx::Error::Decode(Box::new(error)))
}

/// The organization's customer, made where there is none.
///
/// # Errors
/// [`CustomerError`].
pub async fn ensure(payments: &Payments, organization: &OrganizationId) -> Result<CustomerId, CustomerError> {
    if let Some(customer) = find(&payments.pool, organization).await? {
        return Ok(customer);
    }
    let key = RequestKey::of_organization("customer", organization);
    let made = payments.gateway.ensure_customer(&key, organization).await?;
    crash::at(Point::CustomerMade);
    let keep = sqlx::query(KEEP).bind(organization.as_str()).bind(made.as_str()).bind(payments.clock.now());
    keep.execute(&payments.pool).await?;
    crash::at(Point::CustomerKept);
    // Another node may have been first.
    Ok(find(&payments.pool, organization).await?.unwrap_or(made))
}

/// The organization's customer, where the processor does not know the one that we know: it was deleted there, or the
/// account is another one.
///
/// # Errors
/// [`CustomerError`].
pub async fn replace(
    payments: &Payments,
    organization: &OrganizationId,
    missing: &CustomerId,
) -> Result<CustomerId, CustomerError> {
    let known = find(&payments.pool, organization).await?;
    if let Some(other) = known.filter(|known| known != missing) {
        return Ok(other);
    }
    let key = RequestKey::of_parts("customer", &[organization.as_str(), missing.as_str()]);
    let made = payments.gateway.ensure_customer(&key, organization).await?;
    let replace = sqlx::query(REPLACE).bind(organization.as_str()).bind(made.as_str()).bind(payments.clock.now());
    replace.bind(missing.as_str()).execute(&payments.pool).await?;
    Ok(find(&payments.pool, organization).await?.unwrap_or(made))
}
