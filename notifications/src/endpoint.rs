//! Endpoints: who is told of what, and where.
//!
//! Invariant: a caller that is bound to an organization finds its own endpoints only; all others do not exist for it.
//! Invariant: a new endpoint, and one that is switched on again, is told of what happens from then on.

use std::sync::Arc;
use std::time::Duration;

use domain::{OrganizationId, Timestamp};
use sqlx::postgres::{PgPool, PgRow};
use sqlx::{FromRow, PgConnection, Row};
use store::Clock;
use uuid::Uuid;

use crate::NotificationError;
use crate::kind::Kind;
use crate::limits::{ENDPOINTS_BOUND_MAX, ENDPOINTS_UNBOUND_MAX};
use crate::seal::Sealer;
use crate::secret::Secret;
use crate::target::Target;

/// An endpoint, without its secret.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Endpoint {
    pub id: Uuid,
    /// The only organization that it is told of; `None`: all.
    pub organization: Option<OrganizationId>,
    pub url: String,
    pub description: String,
    /// By name; empty: every type.
    pub types: Vec<String>,
    pub enabled: bool,
    /// Until when the former secret signs, too.
    pub former_until: Option<Timestamp>,
    pub created_by: String,
    pub created_at: Timestamp,
    pub updated_at: Timestamp,
}

/// An endpoint to make.
#[derive(Clone, Debug)]
pub struct NewEndpoint {
    pub organization: Option<OrganizationId>,
    pub target: Target,
    pub description: String,
    pub types: Vec<Kind>,
    pub created_by: String,
}

/// What to change of an endpoint; `None` stays.
#[derive(Clone, Debug, Default)]
pub struct EndpointChange {
    pub target: Option<Target>,
    pub description: Option<String>,
    pub types: Option<Vec<Kind>>,
    pub enabled: Option<bool>,
}

const COLUMNS: &str = "e.id, e.organization, e.url, e.description, e.types, e.enabled, e.former_until, e.created_by,
    e.created_at, e.updated_at";

/// The end of each partition, by partition.
const ENDS: &str = "(SELECT array_agg(coalesce((
        SELECT v.position FROM store.events v WHERE v.partition = h.partition ORDER BY v.position DESC LIMIT 1), 0)
    ORDER BY h.partition) FROM store.heads h)";

/// Makes endpoints, finds and changes them.
#[derive(Clone)]
pub struct Endpoints {
    pool: PgPool,
    clock: Arc<dyn Clock>,
    sealer: Arc<Sealer>,
}

impl Endpoints {
    #[must_use]
    pub fn new(pool: PgPool, clock: Arc<dyn Clock>, sealer: Arc<Sealer>) -> Self {
        Self { pool, clock, sealer }
    }

    pub(crate) fn pool(&self) -> &PgPool {
        &self.pool
    }

    pub(crate) fn clock(&self) -> &Arc<dyn Clock> {
        &self.clock
    }

    /// Makes an endpoint, and the secret that it is shown with once.
    ///
    /// # Errors
    /// There are too many, or the database fails.
    pub async fn create(&self, new: NewEndpoint) -> Result<(Endpoint, Secret), NotificationError> {
        let (id, secret, now) = (Uuid::now_v7(), Secret::random(), self.clock.now());
        let mut transaction = self.pool.begin().await?;
        bound(&mut transaction, new.organization.as_ref()).await?;
        let statement = format!(
            "INSERT INTO payments.notification_endpoints AS e (id, organization, url, description, types, enabled, begins,
                 secret, created_by, created_at, updated_at)
             VALUES ($1, $2, $3, $4, $5, true, {ENDS}, $6, $7, $8, $8) RETURNING {COLUMNS}"
        );
        let endpoint = sqlx::query_as(&statement)
            .bind(id)
            .bind(new.organization.as_ref().map(OrganizationId::as_str))
            .bind(new.target.as_str())
            .bind(&new.description)
            .bind(names(&new.types))
            .bind(self.sealer.seal(id, &secret))
            .bind(&new.created_by)
            .bind(now)
            .fetch_one(&mut *transaction)
            .await?;
        transaction.commit().await?;
        Ok((endpoint, secret))
    }

    /// All endpoints that the caller may see, oldest first; their number is bounded, an organization's or all.
    ///
    /// # Errors
    /// The database fails.
    pub async fn list(
        &self,
        caller: Option<&OrganizationId>,
        after: Option<Uuid>,
        limit: u32,
    ) -> Result<Vec<Endpoint>, NotificationError> {
        let statement = format!(
            "SELECT {COLUMNS} FROM payments.notification_endpoints e
             WHERE ($1::text IS NULL OR e.organization = $1) AND ($2::uuid IS NULL OR e.id > $2)
             ORDER BY e.id LIMIT $3"
        );
        let query = sqlx::query_as(&statement).bind(caller.map(OrganizationId::as_str));
        Ok(query.bind(after).bind(i64::from(limit)).fetch_all(&self.pool).await?)
    }

    /// # Errors
    /// There is none that the caller may see, or the database fails.
    pub async fn find(&self, id: Uuid, caller: Option<&OrganizationId>) -> Result<Endpoint, NotificationError> {
        let statement = format!(
            "SELECT {COLUMNS} FROM payments.notification_endpoints e
             WHERE e.id = $1 AND ($2::text IS NULL OR e.organization = $2)"
        );
        let found = sqlx::query_as(&statement).bind(id).bind(caller.map(OrganizationId::as_str));
        found.fetch_optional(&self.pool).await?.ok_or(NotificationError::NoEndpoint)
    }

    /// Changes an endpoint. What it waits for goes to the new address; what a new filter leaves out is not taken back.
    ///
    /// # Errors
    /// There is none that the caller may see, or the database fails.
    pub async fn change(
        &self,
        id: Uuid,
        caller: Option<&OrganizationId>,
        change: EndpointChange,
    ) -> Result<Endpoint, NotificationError> {
        let statement = format!(
            "UPDATE payments.notification_endpoints e
             SET url = coalesce($3, e.url), description = coalesce($4, e.description), types = coalesce($5, e.types),
                 begins = CASE WHEN $6 AND NOT e.enabled THEN {ENDS} ELSE e.begins END,
                 enabled = coalesce($6, e.enabled), updated_at = $7
             WHERE e.id = $1 AND ($2::text IS NULL OR e.organization = $2)
             RETURNING {COLUMNS}"
        );
        let changed = sqlx::query_as(&statement)
            .bind(id)
            .bind(caller.map(OrganizationId::as_str))
            .bind(change.target.as_ref().map(Target::as_str))
            .bind(change.description)
            .bind(change.types.as_deref().map(names))
            .bind(change.enabled)
            .bind(self.clock.now());
        changed.fetch_optional(&self.pool).await?.ok_or(NotificationError::NoEndpoint)
    }

    /// Gives an endpoint another secret. The one before signs beside it until the overlap is over.
    ///
    /// # Errors
    /// There is none that the caller may see, or the database fails.
    pub async fn rotate(
        &self,
        id: Uuid,
        caller: Option<&OrganizationId>,
        overlap: Duration,
    ) -> Result<(Endpoint, Secret), NotificationError> {
        let (secret, now) = (Secret::random(), self.clock.now());
        let statement = format!(
            "UPDATE payments.notification_endpoints e
             SET former_secret = e.secret, former_until = $4, secret = $3, updated_at = $5
             WHERE e.id = $1 AND ($2::text IS NULL OR e.organization = $2)
             RETURNING {COLUMNS}"
        );
        let rotated = sqlx::query_as(&statement)
            .bind(id)
            .bind(caller.map(OrganizationId::as_str))
            .bind(self.sealer.seal(id, &secret))
            .bind(now + overlap)
            .bind(now);
        let rotated = rotated.fetch_optional(&self.pool).await?.ok_or(NotificationError::NoEndpoint)?;
        Ok((rotated, secret))
    }

    /// Removes an endpoint with all that it was told or waits for.
    ///
    /// # Errors
    /// There is none that the caller may see, or the database fails.
    pub async fn remove(&self, id: Uuid, caller: Option<&OrganizationId>) -> Result<(), NotificationError> {
        let statement = "DELETE FROM payments.notification_endpoints e
             WHERE e.id = $1 AND ($2::text IS NULL OR e.organization = $2)";
        let query = sqlx::query(statement).bind(id).bind(caller.map(OrganizationId::as_str));
        match query.execute(&self.pool).await?.rows_affected() {
            0 => Err(NotificationError::NoEndpoint),
            _ => Ok(()),
        }
    }
}

/// Refuses one endpoint too many. Two that are made at once wait for each other.
async fn bound(connection: &mut PgConnection, organization: Option<&OrganizationId>) -> Result<(), NotificationError> {
    let most = if organization.is_some() { ENDPOINTS_BOUND_MAX } else { ENDPOINTS_UNBOUND_MAX };
    let organization = organization.map(OrganizationId::as_str);
    sqlx::query("SELECT pg_advisory_xact_lock(hashtextextended('notification endpoints of ' || coalesce($1, ''), 0))")
        .bind(organization)
        .execute(&mut *connection)
        .await?;
    let count: i64 = sqlx::query_scalar(
        "SELECT count(*) FROM payments.notification_endpoints e WHERE e.organization IS NOT DISTINCT FROM $1",
    )
    .bind(organization)
    .fetch_one(connection)
    .await?;
    if count >= most { Err(NotificationError::TooMany(most)) } else { Ok(()) }
}

fn names(types: &[Kind]) -> Vec<&'static str> {
    types.iter().map(|kind| kind.name()).collect()
}

impl FromRow<'_, PgRow> for Endpoint {
    fn from_row(row: &PgRow) -> Result<Self, sqlx::Error> {
        let organization: Option<String> = row.try_get("organization")?;
        let organization = organization.as_deref().map(OrganizationId::try_new).transpose();
        Ok(Self {
            id: row.try_get("id")?,
            organization: organization.map_err(|error| sqlx::Error::Decode(Box::new(error)))?,
            url: row.try_get("url")?,
            description: row.try_get("description")?,
            types: row.try_get("types")?,
            enabled: row.try_get("enabled")?,
            former_until: row.try_get("former_until")?,
            created_by: row.try_get("created_by")?,
            created_at: row.try_get("created_at")?,
            updated_at: row.try_get("updated_at")?,
        })
    }
}
