//! The keys of the installation, as HTTP and the command line see them.

use std::sync::Arc;

use domain::OrganizationId;
use sqlx::postgres::PgPool;
use store::Clock;
use store::keys::{self, ApiKey, Secret};
use store::log::LogError;
use uuid::Uuid;

use crate::auth::Scope;

/// Where keys are kept.
#[derive(Clone)]
pub struct Keys {
    pool: PgPool,
    clock: Arc<dyn Clock>,
}

/// A key to make.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewKey {
    pub scope: Scope,
    pub organization: Option<OrganizationId>,
    /// For people.
    pub name: String,
}

impl Keys {
    #[must_use]
    pub fn new(pool: PgPool, clock: Arc<dyn Clock>) -> Self {
        Self { pool, clock }
    }

    /// The key that a caller presented, revoked or not.
    ///
    /// # Errors
    /// The database is unavailable.
    pub async fn find(&self, presented: &str) -> Result<Option<ApiKey>, LogError> {
        keys::find(&self.pool, presented).await
    }

    /// Makes a key; its secret is shown once.
    ///
    /// # Errors
    /// The database is unavailable.
    pub async fn create(&self, key: NewKey) -> Result<(ApiKey, Secret), LogError> {
        keys::create(&self.pool, &key.name, key.scope.into(), key.organization, self.clock.now()).await
    }

    /// # Errors
    /// The database is unavailable.
    pub async fn list(&self) -> Result<Vec<ApiKey>, LogError> {
        keys::list(&self.pool).await
    }

    /// The key after it was revoked; `None` when there is none.
    ///
    /// # Errors
    /// The database is unavailable.
    pub async fn revoke(&self, id: Uuid) -> Result<Option<ApiKey>, LogError> {
        keys::revoke(&self.pool, id, self.clock.now()).await
    }
}
