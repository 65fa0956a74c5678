//! A connection of one task's own, made when it is needed.
//!
//! Invariant: it is taken out for the time of a call: if the call's future is dropped, so is a connection with an unread
//! answer.
//! Invariant: one that was idle is asked before it is used. A firewall forgets it without a word, and what is sent then is
//! waited for in vain.
//! Invariant: it leads to the primary.

use std::io::ErrorKind;
use std::time::{Duration, Instant};

use sqlx::postgres::{PgConnectOptions, PgConnection};
use tokio::sync::{Mutex, MutexGuard};

use super::connect::connect_primary;
use super::error::of_read;
use super::pool::ping;
use crate::log::LogError;

/// Between tries to connect to a server that restarts.
const RETRY_PAUSE: Duration = Duration::from_millis(100);
/// A server without a connection left, and one that is starting or stopping.
const TOO_MANY_CONNECTIONS: &str = "53300";
const CANNOT_CONNECT_NOW: &str = "57P03";

pub(super) struct Line {
    kept: Mutex<Option<Kept>>,
    /// How long it may be idle before it is asked.
    trusted_for: Duration,
}

struct Kept {
    connection: PgConnection,
    since: Instant,
}

/// The line, for one call at a time.
pub(super) struct Held<'a> {
    kept: MutexGuard<'a, Option<Kept>>,
    trusted_for: Duration,
}

impl Line {
    pub(super) fn new(trusted_for: Duration) -> Self {
        Self { kept: Mutex::default(), trusted_for }
    }

    pub(super) async fn hold(&self) -> Held<'_> {
        Held { kept: self.kept.lock().await, trusted_for: self.trusted_for }
    }
}

impl Held<'_> {
    /// The connection that was kept, if it lives, or a new one. A server that restarts is waited for, as by a pool.
    pub(super) async fn take(
        &mut self,
        options: &PgConnectOptions,
        patience: Duration,
    ) -> Result<PgConnection, LogError> {
        let begun = Instant::now();
        loop {
            let left = patience.saturating_sub(begun.elapsed());
            match self.try_take(options, left).await {
                Err(error) if passes(&error) && left > RETRY_PAUSE => tokio::time::sleep(RETRY_PAUSE).await,
                taken => return taken.map_err(of_read),
            }
        }
    }

    /// The same for who asks the time: an answer that came late would say little.
    pub(super) async fn take_at_once(
        &mut self,
        options: &PgConnectOptions,
        patience: Duration,
    ) -> Result<PgConnection, LogError> {
        self.try_take(options, patience).await.map_err(of_read)
    }

    async fn try_take(&mut self, options: &PgConnectOptions, patience: Duration) -> Result<PgConnection, sqlx::Error> {
        if let Some(mut kept) = self.kept.take()
            && (kept.since.elapsed() < self.trusted_for || ping(&mut kept.connection).await.is_ok())
        {
            return Ok(kept.connection);
        }
        let connected = tokio::time::timeout(patience, connect_primary(options)).await;
        connected.unwrap_or(Err(sqlx::Error::PoolTimedOut))
    }

    /// Keeps a connection whose answer was read.
    pub(super) fn keep(&mut self, connection: PgConnection) {
        *self.kept = Some(Kept { connection, since: Instant::now() });
    }
}

/// Whether a failure to connect is one of a moment. A socket is not there while its server is stopped, and refuses where it
/// was killed.
fn passes(error: &sqlx::Error) -> bool {
    match error {
        sqlx::Error::Io(error) => matches!(error.kind(), ErrorKind::ConnectionRefused | ErrorKind::NotFound),
        sqlx::Error::Database(error) => {
            error.code().is_some_and(|code| [TOO_MANY_CONNECTIONS, CANNOT_CONNECT_NOW].contains(&&*code))
        }
        _ => false,
    }
}
