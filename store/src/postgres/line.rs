//! A connection of one task's own, made when it is needed.
//!
//! Invariant: it is taken out for the time of a call: if the call's future is dropped, so is a connection with an unread
//! answer.
//! Invariant: one that was idle is asked before it is used. A firewall forgets it without a word, and what is sent then is
//! waited for in vain.

use std::time::{Duration, Instant};

use sqlx::ConnectOptions as _;
use sqlx::postgres::{PgConnectOptions, PgConnection};
use tokio::sync::{Mutex, MutexGuard};

use super::error::of_read;
use super::pool::ping;
use crate::log::LogError;

/// Firewalls forget after minutes; a task at work never pauses for as long.
const TRUSTED_FOR: Duration = Duration::from_secs(30);

#[derive(Default)]
pub(super) struct Line(Mutex<Option<Kept>>);

struct Kept {
    connection: PgConnection,
    since: Instant,
}

/// The line, for one call at a time.
pub(super) struct Held<'a>(MutexGuard<'a, Option<Kept>>);

impl Line {
    pub(super) async fn hold(&self) -> Held<'_> {
        Held(self.0.lock().await)
    }
}

impl Held<'_> {
    /// The connection that was kept, if it lives, or a new one.
    pub(super) async fn take(
        &mut self,
        options: &PgConnectOptions,
        patience: Duration,
    ) -> Result<PgConnection, LogError> {
        if let Some(mut kept) = self.0.take()
            && (kept.since.elapsed() < TRUSTED_FOR || ping(&mut kept.connection).await.is_ok())
        {
            return Ok(kept.connection);
        }
        let connected = tokio::time::timeout(patience, options.connect()).await;
        connected.unwrap_or(Err(sqlx::Error::PoolTimedOut)).map_err(of_read)
    }

    /// Keeps a connection whose answer was read.
    pub(super) fn keep(&mut self, connection: PgConnection) {
        *self.0 = Some(Kept { connection, since: Instant::now() });
    }
}
