//! The keys of the installation, as HTTP and the command line see them.

use std::sync::Arc;

use chrono::TimeDelta;
use domain::OrganizationId;
use sqlx::postgres::PgPool;
use store::Clock;
use store::keys::{self, ApiKey, Hash, Secret};
use store::log::LogError;
use store::passes::{self, BrowserToken, NewBrowserToken, Session};
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

    #[must_use]
    pub fn clock(&self) -> &dyn Clock {
        &*self.clock
    }

    /// The key with this hash, revoked or not.
    ///
    /// # Errors
    /// The database is unavailable.
    pub async fn find(&self, presented: &Hash) -> Result<Option<ApiKey>, LogError> {
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
    /// Makes a browser token that lives this long; its secret is shown once.
    ///
    /// # Errors
    /// The database is unavailable.
    pub async fn create_browser_token(
        &self,
        organization: OrganizationId,
        subject: Option<String>,
        key: Hash,
        ttl: TimeDelta,
    ) -> Result<(BrowserToken, Secret), LogError> {
        let now = self.clock.now();
        let new = NewBrowserToken { organization, subject, key, expires_at: now + ttl };
        passes::create_browser_token(&self.pool, new, now).await
    }

    /// # Errors
    /// The database is unavailable.
    pub async fn find_browser_token(&self, presented: &Hash) -> Result<Option<BrowserToken>, LogError> {
        passes::find_browser_token(&self.pool, presented).await
    }

    /// Whether the organization had the token.
    ///
    /// # Errors
    /// The database is unavailable.
    pub async fn revoke_browser_token(&self, organization: &OrganizationId, id: Uuid) -> Result<bool, LogError> {
        passes::revoke_browser_token(&self.pool, organization, id, self.clock.now()).await
    }

    /// A session with the rights of the key.
    ///
    /// # Errors
    /// The database is unavailable.
    pub async fn create_session(&self, key: &Hash, ttl: TimeDelta) -> Result<Secret, LogError> {
        let now = self.clock.now();
        passes::create_session(&self.pool, key, now, now + ttl).await
    }

    /// # Errors
    /// The database is unavailable.
    pub async fn find_session(&self, presented: &Hash) -> Result<Option<Session>, LogError> {
        passes::find_session(&self.pool, presented).await
    }

    /// # Errors
    /// The database is unavailable.
    pub async fn delete_session(&self, presented: &Hash) -> Result<(), LogError> {
        passes::delete_session(&self.pool, presented).await
    }
}
