//! Any log, with failures at named points, gates, and counts of what was asked of it.

use std::collections::VecDeque;
use std::sync::atomic::{AtomicI64, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, OnceLock};

use async_trait::async_trait;
use chrono::TimeDelta;
use domain::{EntityId, IdempotencyKey, OrganizationId, Timestamp};
use tokio::sync::watch;

use crate::clock::Clock;
use crate::log::{
    AppendCommand, DueCorrection, FeedLimit, FeedMatches, FeedSearch, HeadAndKey, Loaded, Log, LogError, Outcome,
    StateAt, Turn,
};
use crate::record::RecordedEvent;

/// A text that this log refuses in any payload, as a database refuses a value.
pub const POISON: &str = "poison";

/// What happens to the next append.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Failpoint {
    /// Nothing is done, and the caller knows.
    Unavailable,
    /// Nothing is done, and the answer is lost.
    LostBefore,
    /// All is done, and the answer is lost.
    LostAfter,
    /// Another node was faster: nothing is done, and every command conflicts.
    Overtaken,
}

/// A log that fails where it is told to.
pub struct FaultyLog {
    inner: Arc<dyn Log>,
    clock: Arc<dyn Clock>,
    clock_ahead_ms: AtomicI64,
    clock_open: watch::Sender<bool>,
    appends_to_fail: Mutex<VecDeque<(OrganizationId, Failpoint)>>,
    read_backs_to_fail: AtomicUsize,
    appends_open: watch::Sender<bool>,
    heads_open: watch::Sender<bool>,
    entities_open: watch::Sender<bool>,
    held_load: watch::Sender<Option<OrganizationId>>,
    unloadable: OnceLock<OrganizationId>,
    /// The sequence of each snapshot that was appended.
    snapshots: Mutex<Vec<u64>>,
    pub loads: AtomicUsize,
    loads_under_way: AtomicUsize,
    pub loads_at_once_max: AtomicUsize,
    pub corrections: AtomicUsize,
    pub turns: AtomicUsize,
    pub head_reads: AtomicUsize,
    head_reads_under_way: AtomicUsize,
    pub head_reads_at_once_max: AtomicUsize,
}

impl FaultyLog {
    #[must_use]
    pub fn new(inner: Arc<dyn Log>, clock: Arc<dyn Clock>) -> Self {
        Self {
            inner,
            clock,
            clock_ahead_ms: AtomicI64::new(0),
            clock_open: watch::Sender::new(true),
            appends_to_fail: Mutex::default(),
            read_backs_to_fail: AtomicUsize::new(0),
            appends_open: watch::Sender::new(true),
            heads_open: watch::Sender::new(true),
            entities_open: watch::Sender::new(true),
            held_load: watch::Sender::new(None),
            unloadable: OnceLock::new(),
            snapshots: Mutex::default(),
            loads: AtomicUsize::new(0),
            loads_under_way: AtomicUsize::new(0),
            loads_at_once_max: AtomicUsize::new(0),
            corrections: AtomicUsize::new(0),
            turns: AtomicUsize::new(0),
            head_reads: AtomicUsize::new(0),
            head_reads_under_way: AtomicUsize::new(0),
            head_reads_at_once_max: AtomicUsize::new(0),
        }
    }

    /// The next appends with commands of this organization fail, in this order.
    pub fn fail_appends(&self, organization: &OrganizationId, failpoints: &[Failpoint]) {
        self.failpoints().extend(failpoints.iter().map(|failpoint| (organization.clone(), *failpoint)));
    }

    pub fn fail_read_backs(&self, times: usize) {
        self.read_backs_to_fail.store(times, Ordering::SeqCst);
    }

    /// Holds appends back until [`Self::open_appends`].
    pub fn hold_appends(&self) {
        self.appends_open.send_replace(false);
    }

    pub fn open_appends(&self) {
        self.appends_open.send_replace(true);
    }

    /// Holds reads of heads and keys back until [`Self::open_heads`].
    pub fn hold_heads(&self) {
        self.heads_open.send_replace(false);
    }

    pub fn open_heads(&self) {
        self.heads_open.send_replace(true);
    }

    /// Holds look-ups of history back until [`Self::open_entities`].
    pub fn hold_entities(&self) {
        self.entities_open.send_replace(false);
    }

    pub fn open_entities(&self) {
        self.entities_open.send_replace(true);
    }

    /// Holds loads of this organization back until [`Self::open_loads`].
    pub fn hold_loads_of(&self, organization: &OrganizationId) {
        self.held_load.send_replace(Some(organization.clone()));
    }

    pub fn open_loads(&self) {
        self.held_load.send_replace(None);
    }

    /// No load of this organization succeeds.
    pub fn fail_loads_of(&self, organization: &OrganizationId) {
        self.unloadable.set(organization.clone()).expect("one organization a case");
    }

    /// How far the database's clock is ahead of the nodes'.
    pub fn set_clock_ahead_ms(&self, ahead: i64) {
        self.clock_ahead_ms.store(ahead, Ordering::SeqCst);
    }

    /// Holds looks at the database's clock back until [`Self::open_clock`].
    pub fn hold_clock(&self) {
        self.clock_open.send_replace(false);
    }

    pub fn open_clock(&self) {
        self.clock_open.send_replace(true);
    }

    #[must_use]
    pub fn snapshots(&self) -> Vec<u64> {
        self.snapshots.lock().expect("no code panics while it holds them").clone()
    }

    fn next_failpoint(&self, batch: &[AppendCommand]) -> Option<Failpoint> {
        let mut failpoints = self.failpoints();
        let (organization, _) = failpoints.front()?;
        let met = batch.iter().any(|command| command.organization == *organization);
        failpoints.pop_front_if(|_| met).map(|(_, failpoint)| failpoint)
    }

    fn failpoints(&self) -> MutexGuard<'_, VecDeque<(OrganizationId, Failpoint)>> {
        self.appends_to_fail.lock().expect("no code panics while it holds them")
    }
}

async fn opened(gate: &watch::Sender<bool>) {
    gate.subscribe().wait_for(|open| *open).await.expect("the log holds the sender");
}

#[async_trait]
impl Log for FaultyLog {
    fn partitions(&self) -> u16 {
        self.inner.partitions()
    }

    async fn append(&self, partition: u16, batch: &[AppendCommand]) -> Result<Vec<Outcome>, LogError> {
        opened(&self.appends_open).await;
        let failpoint = self.next_failpoint(batch);
        match failpoint {
            Some(Failpoint::Unavailable) => return Err(LogError::Unavailable("failpoint".into())),
            Some(Failpoint::LostBefore) => return Err(LogError::OutcomeUnknown("failpoint".into())),
            Some(Failpoint::Overtaken) => return Ok(vec![Outcome::Conflict; batch.len()]),
            Some(Failpoint::LostAfter) | None => {}
        }
        if batch.iter().flat_map(|command| &command.events).any(|event| event.payload.contains(POISON)) {
            return Err(LogError::Rejected("a poisoned value".into()));
        }
        let outcomes = self.inner.append(partition, batch).await?;
        let snapshots = batch.iter().filter_map(|command| command.snapshot.as_ref());
        let snapshots = snapshots.map(|snapshot| snapshot.sequence);
        self.snapshots.lock().expect("no code panics while it holds them").extend(snapshots);
        match failpoint {
            Some(Failpoint::LostAfter) => Err(LogError::OutcomeUnknown("failpoint".into())),
            _ => Ok(outcomes),
        }
    }

    async fn read_back(&self, partition: u16, batch: &[AppendCommand]) -> Result<Vec<Option<u64>>, LogError> {
        let fewer = |times: usize| times.checked_sub(1);
        if self.read_backs_to_fail.fetch_update(Ordering::SeqCst, Ordering::SeqCst, fewer).is_ok() {
            return Err(LogError::Unavailable("failpoint".into()));
        }
        self.inner.read_back(partition, batch).await
    }

    async fn load(&self, organization: &OrganizationId) -> Result<Loaded, LogError> {
        self.loads.fetch_add(1, Ordering::SeqCst);
        let at_once = self.loads_under_way.fetch_add(1, Ordering::SeqCst) + 1;
        self.loads_at_once_max.fetch_max(at_once, Ordering::SeqCst);
        // Others have time to come beside it.
        tokio::task::yield_now().await;
        let is_free = |held: &Option<OrganizationId>| held.as_ref() != Some(organization);
        self.held_load.subscribe().wait_for(is_free).await.expect("the log holds the sender");
        let loaded = self.inner.load(organization).await;
        self.loads_under_way.fetch_sub(1, Ordering::SeqCst);
        if self.unloadable.get() == Some(organization) {
            return Err(LogError::Unavailable("failpoint".into()));
        }
        loaded
    }

    async fn state_at(&self, organization: &OrganizationId, at: Timestamp) -> Result<StateAt, LogError> {
        self.inner.state_at(organization, at).await
    }

    async fn entity(
        &self,
        organization: &OrganizationId,
        entity: EntityId,
        up_to: u64,
    ) -> Result<Vec<RecordedEvent>, LogError> {
        opened(&self.entities_open).await;
        self.inner.entity(organization, entity, up_to).await
    }

    async fn heads_and_keys(
        &self,
        partition: u16,
        asked: &[(OrganizationId, Option<IdempotencyKey>)],
    ) -> Result<Vec<Result<HeadAndKey, LogError>>, LogError> {
        let at_once = self.head_reads_under_way.fetch_add(1, Ordering::SeqCst) + 1;
        self.head_reads_at_once_max.fetch_max(at_once, Ordering::SeqCst);
        self.head_reads.fetch_add(1, Ordering::SeqCst);
        opened(&self.heads_open).await;
        let answer = self.inner.heads_and_keys(partition, asked).await;
        self.head_reads_under_way.fetch_sub(1, Ordering::SeqCst);
        answer
    }

    async fn stream(
        &self,
        organization: &OrganizationId,
        after: u64,
        limit: u32,
    ) -> Result<Vec<RecordedEvent>, LogError> {
        self.inner.stream(organization, after, limit).await
    }

    async fn feed(&self, partition: u16, after: u64, limit: FeedLimit) -> Result<Vec<Arc<RecordedEvent>>, LogError> {
        self.inner.feed(partition, after, limit).await
    }

    async fn search(&self, search: &FeedSearch, limit: FeedLimit) -> Result<FeedMatches, LogError> {
        self.inner.search(search, limit).await
    }

    async fn ends(&self) -> Result<Vec<u64>, LogError> {
        self.inner.ends().await
    }

    async fn turn(&self, partition: u16) -> Result<Box<dyn Turn>, LogError> {
        self.turns.fetch_add(1, Ordering::SeqCst);
        self.inner.turn(partition).await
    }

    async fn due(
        &self,
        partition: u16,
        now: Timestamp,
        machine_now: Timestamp,
        limit: u32,
    ) -> Result<Vec<OrganizationId>, LogError> {
        self.inner.due(partition, now, machine_now, limit).await
    }

    async fn correct_due(&self, partition: u16, corrections: &[DueCorrection]) -> Result<(), LogError> {
        self.corrections.fetch_add(1, Ordering::SeqCst);
        self.inner.correct_due(partition, corrections).await
    }

    async fn now(&self) -> Result<Timestamp, LogError> {
        opened(&self.clock_open).await;
        Ok(self.clock.now() + TimeDelta::milliseconds(self.clock_ahead_ms.load(Ordering::SeqCst)))
    }
}
