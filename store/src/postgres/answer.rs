//! The bound of every wait for the database.
//!
//! Invariant: no task waits for ever for an answer that is lost. TCP alone does not end a wait whose question arrived: the
//! writers, the readers of heads and the sweepers have no request whose time could run out.

use std::future::Future;
use std::time::Duration;

use super::error::of_read;
use crate::log::LogError;

/// Longer than every timeout of the session: past it the server or the way to it is gone.
pub(super) const ANSWER_TIMEOUT: Duration = Duration::from_secs(40);

/// The answer to a statement that changes nothing, or whose transaction was not asked to commit.
pub(super) async fn answered<T>(asked: impl Future<Output = Result<T, sqlx::Error>>) -> Result<T, LogError> {
    let answer = tokio::time::timeout(ANSWER_TIMEOUT, asked).await;
    answer.map_or_else(|elapsed| Err(LogError::Unavailable(Box::new(elapsed))), |answer| answer.map_err(of_read))
}
