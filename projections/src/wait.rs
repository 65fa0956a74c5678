//! Reading one's own writes: a query waits until its read model has seen a sequence (CORRECTNESS C29).
//!
//! Invariant: what is compared is the position of the asked event with the checkpoint of the asked projector, never two
//! sequences: a read model that lags for one organization lags for all of its partition.

use std::sync::Arc;
use std::time::Duration;

use domain::OrganizationId;
use sqlx::PgPool;

use crate::monitor::Monitor;

/// The longest that a query waits; past it the caller is told to come back.
pub const WAIT_MAX: Duration = Duration::from_secs(2);

/// One look-up by primary key, and the end of the stream where the event is not there.
const SELECT_POSITION: &str = "
    SELECT (SELECT e.position FROM store.events e
            WHERE e.partition = $1 AND e.aggregate_type = 'organization' AND e.aggregate_id = $2 AND e.sequence = $3),
           coalesce((SELECT e.sequence FROM store.events e
            WHERE e.partition = $1 AND e.aggregate_type = 'organization' AND e.aggregate_id = $2
            ORDER BY e.sequence DESC LIMIT 1), 0)";

/// Why a query does not see what it asked to see.
#[derive(Debug, thiserror::Error)]
pub enum WaitError {
    /// The organization's stream is not that long.
    #[error("sequence {min_sequence} is not in the log yet: the organization's last is {last}")]
    PastTheEnd { min_sequence: u64, last: u64 },
    /// The read model is behind; trying again may help.
    #[error("the read model {projector} is behind")]
    TimedOut { projector: &'static str, retry_after: Duration },
    #[error("the database does not answer")]
    Database(#[from] sqlx::Error),
}

/// Waits for read models; cheap to clone.
#[derive(Clone)]
pub struct Waiter {
    pool: PgPool,
    /// Of the database that the query reads.
    monitor: Arc<Monitor>,
    /// Of the tasks that project on this node.
    projecting: Arc<Monitor>,
}

impl Waiter {
    pub(crate) fn new(pool: PgPool, monitor: Arc<Monitor>, projecting: Arc<Monitor>) -> Self {
        Self { pool, monitor, projecting }
    }

    /// Waits until the rows of `projector` hold what the organization's event `min_sequence` did; at most [`WAIT_MAX`].
    ///
    /// # Errors
    /// [`WaitError`].
    ///
    /// # Panics
    /// Where there is no projector of this name: a query knows what it reads.
    pub async fn seen(
        &self,
        projector: &'static str,
        organization: &OrganizationId,
        min_sequence: u64,
    ) -> Result<(), WaitError> {
        let timed_out = WaitError::TimedOut { projector, retry_after: RETRY_AFTER };
        let seen = self.wait(projector, organization, min_sequence);
        tokio::time::timeout(WAIT_MAX, seen).await.unwrap_or(Err(timed_out))
    }

    async fn wait(
        &self,
        projector: &'static str,
        organization: &OrganizationId,
        min_sequence: u64,
    ) -> Result<(), WaitError> {
        if min_sequence == 0 {
            return Ok(());
        }
        let partition = organization.partition(self.monitor.partitions());
        let (position, last): (Option<i64>, i64) = sqlx::query_as(SELECT_POSITION)
            .bind(i32::from(partition))
            .bind(organization.as_str())
            .bind(i64::try_from(min_sequence).unwrap_or(i64::MAX))
            .fetch_one(&self.pool)
            .await?;
        let Some(position) = position else {
            return Err(WaitError::PastTheEnd { min_sequence, last: last.unsigned_abs() });
        };
        let mut reached = self.monitor.position(projector, partition);
        if *reached.borrow() < position.unsigned_abs() {
            self.projecting.urge(partition);
        }
        // An error means that nobody watches any more: the server is shutting down, and the time runs out.
        if reached.wait_for(|reached| *reached >= position.unsigned_abs()).await.is_err() {
            std::future::pending::<()>().await;
        }
        Ok(())
    }
}

/// A read model that was behind for [`WAIT_MAX`] is not up to date a moment later.
const RETRY_AFTER: Duration = Duration::from_secs(1);
