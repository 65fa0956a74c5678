//! The keys of the installation, as HTTP and the command line see them.

use std::future::Future;
use std::sync::Arc;

use chrono::TimeDelta;
use domain::OrganizationId;
use sqlx::postgres::PgPool;
use store::Clock;
use store::keys::{self, ApiKey, Hash, Secret};
use store::log::LogError;
use store::passes::{self, BrowserToken, NewBrowserToken, Session};
use store::postgres::pool_options;
use uuid::Uuid;

use crate::auth::Scope;
use crate::auth::turns::Line;
use crate::limits::{LOOK_UP_ACQUIRE_TIMEOUT, LOOK_UP_MAX};

/// Where keys are kept.
#[derive(Clone)]
pub struct Keys {
    pool: PgPool,
    /// For look-ups of callers alone, as are those of strangers: every request waits for them.
    known: PgPool,
    strangers: PgPool,
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
    /// Inside a Tokio runtime.
    #[must_use]
    pub fn new(pool: PgPool, clock: Arc<dyn Clock>) -> Self {
        let (known, strangers) = (look_ups(&pool, Line::Known), look_ups(&pool, Line::Strangers));
        Self { pool, known, strangers, clock }
    }

    /// Lets go of the connections for look-ups.
    pub async fn close(&self) {
        self.known.close().await;
        self.strangers.close().await;
    }

    fn look_ups(&self, line: Line) -> &PgPool {
        match line {
            Line::Known => &self.known,
            Line::Strangers => &self.strangers,
        }
    }

    #[must_use]
    pub fn clock(&self) -> &dyn Clock {
        &*self.clock
    }

    /// The key with this hash, revoked or not.
    ///
    /// # Errors
    /// The database is unavailable.
    pub(super) async fn find(&self, line: Line, presented: &Hash) -> Result<Option<ApiKey>, LogError> {
        looked_up(keys::find(self.look_ups(line), presented)).await
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
    pub(super) async fn find_browser_token(
        &self,
        line: Line,
        presented: &Hash,
    ) -> Result<Option<BrowserToken>, LogError> {
        looked_up(passes::find_browser_token(self.look_ups(line), presented)).await
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
    pub(super) async fn find_session(&self, line: Line, presented: &Hash) -> Result<Option<Session>, LogError> {
        looked_up(passes::find_session(self.look_ups(line), presented)).await
    }

    /// # Errors
    /// The database is unavailable.
    pub async fn delete_session(&self, presented: &Hash) -> Result<(), LogError> {
        passes::delete_session(&self.pool, presented).await
    }
}

/// A connection for each turn: who has a turn waits for the database alone, and for no look-up but the one before it,
/// whose connection is asked whether it is well before it comes back.
fn look_ups(pool: &PgPool, line: Line) -> PgPool {
    let look_ups = pool_options().max_connections(line.turns().into()).acquire_timeout(LOOK_UP_ACQUIRE_TIMEOUT);
    look_ups.connect_lazy_with(pool.connect_options().as_ref().clone())
}

/// A look-up that is bounded: a turn, and a permit of each request that waits for it, is held meanwhile.
async fn looked_up<T>(look_up: impl Future<Output = Result<T, LogError>>) -> Result<T, LogError> {
    let found = tokio::time::timeout(LOOK_UP_MAX, look_up).await;
    found.unwrap_or_else(|elapsed| Err(LogError::Unavailable(Box::new(elapsed))))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::clock::SystemClock;

    #[tokio::test]
    async fn each_line_has_a_connection_of_its_own_for_each_turn() {
        let pool = PgPool::connect_lazy("postgres://nobody@localhost/nothing").expect("it is an address");
        let keys = Keys::new(pool, Arc::new(SystemClock::new()));
        for line in [Line::Known, Line::Strangers] {
            assert_eq!(keys.look_ups(line).options().get_max_connections(), u32::from(line.turns()));
        }
        keys.look_ups(Line::Strangers).close().await;
        assert!(!keys.look_ups(Line::Known).is_closed());
    }
}
