//! Rows of `payments.checkouts`.

use domain::ids::PurchaseId;
use domain::{OrganizationId, Timestamp};
use sqlx::PgPool;
use uuid::Uuid;

use crate::gateway::{Checkout, CheckoutId, CustomerId};

const NOTE: &str = "INSERT INTO payments.checkouts (purchase_id, organization_id, created_at) VALUES ($1, $2, $3) \
                    ON CONFLICT (purchase_id) DO NOTHING";
const FIND: &str = "SELECT created_at, customer_id, session_id, url, expires_at, refusal FROM payments.checkouts \
                    WHERE purchase_id = $1";
/// `$3`: the customer that the processor does not know; a customer is fixed only once, or in its place.
const FIX_CUSTOMER: &str = "UPDATE payments.checkouts SET customer_id = $2 \
                            WHERE purchase_id = $1 AND customer_id IS NOT DISTINCT FROM $3 AND session_id IS NULL";
const OPENED: &str = "UPDATE payments.checkouts SET session_id = $2, url = $3, expires_at = $4 \
                      WHERE purchase_id = $1 AND session_id IS NULL AND refusal IS NULL";
const REFUSED: &str =
    "UPDATE payments.checkouts SET refusal = $2, ended = true WHERE purchase_id = $1 AND session_id IS NULL";
const OF_SESSION: &str = "SELECT organization_id, purchase_id FROM payments.checkouts WHERE session_id = $1";

/// A checkout as far as it has come.
#[derive(Debug, sqlx::FromRow)]
pub(super) struct Row {
    pub created_at: Timestamp,
    pub customer_id: Option<String>,
    session_id: Option<String>,
    url: Option<String>,
    expires_at: Option<Timestamp>,
    pub refusal: Option<String>,
}

impl Row {
    pub(super) fn page(&self) -> Option<(CheckoutId, String, Timestamp)> {
        Some((CheckoutId::new(self.session_id.clone()?), self.url.clone()?, self.expires_at?))
    }
}

/// Writes down that a checkout is about to be asked for, before its purchase is started.
///
/// # Errors
/// The database is unavailable.
pub async fn note(
    pool: &PgPool,
    organization: &OrganizationId,
    purchase: PurchaseId,
    now: Timestamp,
) -> Result<(), sqlx::Error> {
    sqlx::query(NOTE).bind(purchase.entity()).bind(organization.as_str()).bind(now).execute(pool).await.map(drop)
}

/// Whose session it is.
///
/// # Errors
/// The database is unavailable.
pub async fn of_session(
    pool: &PgPool,
    session: &CheckoutId,
) -> Result<Option<(OrganizationId, PurchaseId)>, sqlx::Error> {
    let found: Option<(String, Uuid)> = sqlx::query_as(OF_SESSION).bind(session.as_str()).fetch_optional(pool).await?;
    Ok(found.and_then(|(organization, purchase)| {
        Some((OrganizationId::try_new(&organization).ok()?, PurchaseId::new(purchase)))
    }))
}

pub(super) async fn find(pool: &PgPool, purchase: PurchaseId) -> Result<Option<Row>, sqlx::Error> {
    sqlx::query_as(FIND).bind(purchase.entity()).fetch_optional(pool).await
}

pub(super) async fn fix_customer(
    pool: &PgPool,
    purchase: PurchaseId,
    customer: &CustomerId,
    missing: Option<&CustomerId>,
) -> Result<(), sqlx::Error> {
    let query = sqlx::query(FIX_CUSTOMER).bind(purchase.entity()).bind(customer.as_str());
    query.bind(missing.map(CustomerId::as_str)).execute(pool).await.map(drop)
}

pub(super) async fn opened(pool: &PgPool, purchase: PurchaseId, page: &Checkout) -> Result<(), sqlx::Error> {
    let query = sqlx::query(OPENED).bind(purchase.entity()).bind(page.id.as_str()).bind(&page.url);
    query.bind(page.expires_at).execute(pool).await.map(drop)
}

pub(super) async fn refused(pool: &PgPool, purchase: PurchaseId, refusal: &str) -> Result<(), sqlx::Error> {
    sqlx::query(REFUSED).bind(purchase.entity()).bind(refusal).execute(pool).await.map(drop)
}
