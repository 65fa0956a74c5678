//! Whether a replica shows what the primary has projected.
//!
//! Absent: the primary's own checkpoints, which `wait.rs` knows without asking.

use std::time::Duration;

use domain::OrganizationId;

use super::{QueryError, Reader};

/// A replica is a few milliseconds behind, and each look is one look-up by two primary keys.
const PAUSE: Duration = Duration::from_millis(10);

const SELECT_SEEN: &str = "
    SELECT EXISTS (
        SELECT FROM ledger.checkpoints k
        WHERE k.partition = $1 AND k.projector = $2 AND k.live AND k.position >= (
            SELECT e.position FROM store.events e
            WHERE e.partition = $1 AND e.aggregate_type = 'organization' AND e.aggregate_id = $3 AND e.sequence = $4
        )
    )";

impl Reader {
    /// Waits until the rows that are read hold what the organization's event `min_sequence` did. Whoever calls bounds
    /// the wait, and has seen that the primary's rows hold it.
    ///
    /// # Errors
    /// The replica cannot be read.
    pub async fn replayed(
        &self,
        projector: &'static str,
        organization: &OrganizationId,
        min_sequence: u64,
    ) -> Result<(), QueryError> {
        while self.is_replica() && !self.has_replayed(projector, organization, min_sequence).await? {
            tokio::time::sleep(PAUSE).await;
        }
        Ok(())
    }

    async fn has_replayed(
        &self,
        projector: &str,
        organization: &OrganizationId,
        min_sequence: u64,
    ) -> Result<bool, QueryError> {
        let seen = sqlx::query_scalar(SELECT_SEEN)
            .bind(self.partition(organization))
            .bind(projector)
            .bind(organization.as_str())
            .bind(i64::try_from(min_sequence).unwrap_or(i64::MAX));
        Ok(seen.fetch_one(self.pool()).await?)
    }
}
