//! Pools whose connections answer.
//!
//! Invariant: a connection that does not answer leaves its pool within seconds, so that whoever stops waiting for it leaves
//! room for another one. sqlx asks a connection that comes back whether it is well, and waits for ever for that answer.

use std::time::Duration;

use sqlx::Connection as _;
use sqlx::postgres::{PgConnection, PgPoolOptions};
use tokio::time::timeout;

use super::connect::refuse_standby;

/// How long a connection that was idle may take to show that it lives: a hundred round trips across a continent.
const PING_TIMEOUT: Duration = Duration::from_secs(1);
/// How long one that comes back may take: what it was asked for, and nobody waits for any more, may end in it.
const RELEASE_TIMEOUT: Duration = Duration::from_secs(5);
/// Used so lately, a connection is taken to live. Under load none is asked before it is used.
const TRUSTED_FOR: Duration = Duration::from_millis(100);

/// Options of a pool that writes, or whose answers must be the newest: on the primary, and nowhere else. How many
/// connections, and how long to wait for one, is the caller's.
#[must_use]
pub fn pool_options() -> PgPoolOptions {
    replica_pool_options().after_connect(|connection, _| Box::pin(refuse_standby(connection)))
}

/// The same for a pool that only reads, on whatever server it is given.
#[must_use]
pub fn replica_pool_options() -> PgPoolOptions {
    PgPoolOptions::new()
        .test_before_acquire(false)
        .before_acquire(|connection, met| {
            Box::pin(async move {
                if met.idle_for > TRUSTED_FOR {
                    ping(connection).await?;
                }
                Ok(true)
            })
        })
        .after_release(|connection, _| {
            Box::pin(async move {
                let ended = timeout(RELEASE_TIMEOUT, connection.ping()).await;
                ended.unwrap_or(Err(silent())).map(|()| true)
            })
        })
}

/// Whether the connection answers, within a second.
pub(super) async fn ping(connection: &mut PgConnection) -> Result<(), sqlx::Error> {
    timeout(PING_TIMEOUT, connection.ping()).await.unwrap_or(Err(silent()))
}

fn silent() -> sqlx::Error {
    sqlx::Error::Io(std::io::Error::from(std::io::ErrorKind::TimedOut))
}
