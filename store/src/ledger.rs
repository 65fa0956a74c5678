//! The engine's face: execute commands, read what is durable.

use std::sync::Arc;
use std::time::Duration;

use domain::{CommandError, EntityId, IdempotencyKey, Organization, OrganizationId, Timestamp};

use crate::clock::Clock;
use crate::log::{Log, LogError};
use crate::record::{CommandRequest, RecordedEvent};

/// The durable outcome of one command: its own events, without the settlement that went before.
#[derive(Clone, Debug)]
pub struct Committed {
    pub events: Vec<RecordedEvent>,
    /// The key was in the log already; these are the first outcome's events.
    pub replayed: bool,
}

/// The write side's own figures, settled to `at` in a copy (CORRECTNESS C9).
#[derive(Clone, Debug)]
pub struct StrongBalance {
    pub state: Organization,
    /// The last durable sequence; the settlement in the copy is not counted.
    pub sequence: u64,
    pub at: Timestamp,
}

/// Why a command has no outcome.
#[derive(Debug, thiserror::Error)]
pub enum ExecuteError {
    #[error(transparent)]
    Refused(#[from] CommandError),
    /// The key was used for another request of this organization.
    #[error("the idempotency key was used for another request")]
    KeyReused,
    /// A queue is full; nothing was done.
    #[error("the ledger is busy")]
    Overloaded { retry_after: Duration },
    /// Nothing was done, or it is unknown; a retry with the same key resolves it.
    #[error("the ledger is unavailable: {reason}")]
    Unavailable { reason: &'static str, retry_after: Duration },
    /// The ledger is shutting down.
    #[error("the ledger is shutting down")]
    ShuttingDown,
    #[error(transparent)]
    Log(#[from] LogError),
}

/// The write side of one node.
pub struct Ledger {
    _log: Arc<dyn Log>,
    _clock: Arc<dyn Clock>,
}

impl Ledger {
    /// Starts the partitions' writers and sweepers.
    #[must_use]
    pub fn start(log: Arc<dyn Log>, clock: Arc<dyn Clock>) -> Self {
        Self { _log: log, _clock: clock }
    }

    /// Decides one command and answers once it is durable.
    pub async fn execute(&self, request: CommandRequest) -> Result<Committed, ExecuteError> {
        let _ = request;
        Err(ExecuteError::ShuttingDown)
    }

    /// Commands of one organization in listed order, organizations concurrently (CORRECTNESS C24); one result each, in order.
    pub async fn execute_all(&self, requests: Vec<CommandRequest>) -> Vec<Result<Committed, ExecuteError>> {
        requests.into_iter().map(|_| Err(ExecuteError::ShuttingDown)).collect()
    }

    /// The organization's durable state settled to now; `None` before its first event.
    pub async fn strong_balance(&self, organization: &OrganizationId) -> Result<Option<StrongBalance>, ExecuteError> {
        let _ = organization;
        Ok(None)
    }

    /// All durable events of one entity.
    pub async fn entity(
        &self,
        organization: &OrganizationId,
        entity: EntityId,
    ) -> Result<Vec<RecordedEvent>, ExecuteError> {
        let _ = (organization, entity);
        Ok(Vec::new())
    }

    /// The outcome of the command with this key, if it is durable.
    pub async fn command(
        &self,
        organization: &OrganizationId,
        key: &IdempotencyKey,
    ) -> Result<Option<Committed>, ExecuteError> {
        let _ = (organization, key);
        Ok(None)
    }

    /// A page of the organization's stream.
    pub async fn events(
        &self,
        organization: &OrganizationId,
        after: u64,
        limit: u32,
    ) -> Result<Vec<RecordedEvent>, ExecuteError> {
        let _ = (organization, after, limit);
        Ok(Vec::new())
    }

    /// Whether the node may take commands: writers run and the clock agrees with the database's (CORRECTNESS C12).
    ///
    /// # Errors
    /// The reason why not.
    pub fn ready(&self) -> Result<(), &'static str> {
        Ok(())
    }

    /// Stops accepting, flushes, answers.
    pub async fn shutdown(&self) {}
}
