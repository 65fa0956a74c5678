//! The engine's face: execute commands, read what is durable.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use domain::{CommandError, EntityId, IdempotencyKey, Organization, OrganizationId, Timestamp};
use tokio::sync::{Semaphore, SemaphorePermit};

use crate::clock::Clock;
use crate::engine::{Engine, Limits, unreadable};
use crate::log::{Log, LogError};
use crate::record::{CommandRequest, RecordedEvent};
use crate::tail::Tails;

/// No stream is longer: `bigint` has no larger sequence.
const LAST_SEQUENCE: u64 = i64::MAX.cast_unsigned();

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
    /// The last durable sequence, as of `at` where that lies in the past; the settlement in the copy is not counted.
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

impl ExecuteError {
    pub(crate) fn unavailable(reason: &'static str) -> Self {
        /// Long enough for a connection to come back, short enough for a caller to wait.
        const RETRY_AFTER: Duration = Duration::from_secs(1);
        Self::Unavailable { reason, retry_after: RETRY_AFTER }
    }
}

/// The write side of one node.
pub struct Ledger {
    pub(crate) engine: Arc<Engine>,
    /// One for each page of the log that is being read for a caller, so that pages never take all connections from
    /// what commands wait for.
    pages: Semaphore,
    /// Of these, for states of the past: half. One may fold a day of a busy organization, and pages of the feed go on.
    pasts: Semaphore,
}

impl Ledger {
    /// Starts the partitions' writers and sweepers; inside a Tokio runtime, and after the metrics recorder.
    #[must_use]
    pub fn start(log: Arc<dyn Log>, clock: Arc<dyn Clock>) -> Self {
        Self::start_with(log, clock, Limits::default())
    }

    /// As [`Self::start`], within other bounds.
    #[must_use]
    pub fn start_with(log: Arc<dyn Log>, clock: Arc<dyn Clock>, limits: Limits) -> Self {
        let (pages, pasts) = (Semaphore::new(limits.pages), Semaphore::new((limits.pages / 2).max(1)));
        Self { engine: Engine::start(log, clock, limits), pages, pasts }
    }

    /// Decides one command and answers once it is durable. Dropping the future loses nothing that was decided: the
    /// command becomes durable, and a retry with its key answers it.
    pub async fn execute(&self, request: CommandRequest) -> Result<Committed, ExecuteError> {
        let answers = self.engine.execute_group(std::slice::from_ref(&request)).await;
        answers.into_iter().next().expect("one request has one answer")
    }

    /// Commands of one organization in listed order, organizations concurrently (CORRECTNESS C24); one result each, in order.
    pub async fn execute_all(&self, requests: Vec<CommandRequest>) -> Vec<Result<Committed, ExecuteError>> {
        let mut answers: Vec<_> = requests.iter().map(|_| None).collect();
        let (places, groups) = by_organization(requests);
        let grouped = self.engine.execute_groups(&groups).await;
        for (place, answer) in places.into_iter().flatten().zip(grouped.into_iter().flatten()) {
            answers[place] = Some(answer);
        }
        answers.into_iter().map(|answer| answer.expect("each request is in one group")).collect()
    }

    /// The organization's durable state settled to now; `None` before its first event.
    pub async fn strong_balance(&self, organization: &OrganizationId) -> Result<Option<StrongBalance>, ExecuteError> {
        self.engine.strong_balance(organization).await
    }

    /// The organization's durable state as it was at an instant of the past, what was due then settled; `None` before its
    /// first event.
    pub async fn balance_at(
        &self,
        organization: &OrganizationId,
        at: Timestamp,
    ) -> Result<Option<StrongBalance>, ExecuteError> {
        let _past = self.pasts.acquire().await.expect("it is never closed");
        let _page = self.page().await;
        self.engine.balance_at(organization, at).await
    }

    /// All durable events of one entity.
    pub async fn entity(
        &self,
        organization: &OrganizationId,
        entity: EntityId,
    ) -> Result<Vec<RecordedEvent>, ExecuteError> {
        let _page = self.page().await;
        self.engine.log.entity(organization, entity, LAST_SEQUENCE).await.map_err(unreadable)
    }

    /// The outcome of the command with this key, if it is durable.
    pub async fn command(
        &self,
        organization: &OrganizationId,
        key: &IdempotencyKey,
    ) -> Result<Option<Committed>, ExecuteError> {
        let found = self.engine.command(organization, key).await?;
        Ok(found.map(|events| Committed { events, replayed: true }))
    }

    /// A page of the organization's stream.
    pub async fn events(
        &self,
        organization: &OrganizationId,
        after: u64,
        limit: u32,
    ) -> Result<Vec<RecordedEvent>, ExecuteError> {
        let _page = self.page().await;
        self.engine.log.stream(organization, after, limit).await.map_err(unreadable)
    }

    /// The log, to be read: the feed is.
    #[must_use]
    pub fn log(&self) -> &Arc<dyn Log> {
        &self.engine.log
    }

    /// What this node's writers have committed of late.
    #[must_use]
    pub fn tails(&self) -> Arc<Tails> {
        Arc::clone(&self.engine.tails)
    }

    /// Room to read one page of the log for a caller; kept as long as it is read.
    pub async fn page(&self) -> SemaphorePermit<'_> {
        self.pages.acquire().await.expect("it is never closed")
    }

    /// Whether the node may take commands: writers run and the clock agrees with the database's (CORRECTNESS C12).
    ///
    /// # Errors
    /// The reason why not.
    pub fn ready(&self) -> Result<(), &'static str> {
        self.engine.ready()
    }

    /// How many organizations are in memory.
    #[must_use]
    pub fn cached_organizations(&self) -> usize {
        self.engine.cache.len()
    }

    /// Stops accepting, flushes, answers.
    pub async fn shutdown(&self) {
        self.engine.shutdown().await;
    }
}

/// The requests of each organization in listed order, and their places in the list.
fn by_organization(requests: Vec<CommandRequest>) -> (Vec<Vec<usize>>, Vec<Vec<CommandRequest>>) {
    let (mut places, mut groups) = (Vec::<Vec<usize>>::new(), Vec::<Vec<CommandRequest>>::new());
    let mut group_of: HashMap<OrganizationId, usize> = HashMap::new();
    for (place, request) in requests.into_iter().enumerate() {
        let group = *group_of.entry(request.organization.clone()).or_insert(groups.len());
        if group == groups.len() {
            places.push(Vec::new());
            groups.push(Vec::new());
        }
        places[group].push(place);
        groups[group].push(request);
    }
    (places, groups)
}
