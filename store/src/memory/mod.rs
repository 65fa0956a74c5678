//! The log in memory: the twin of the one on PostgreSQL, with the same outcomes, for tests and trials.
//!
//! Invariant: what it answers is decoded from the same text that PostgreSQL would keep.
//! Absent: durability, and failures (`testing::FaultyLog` adds those to any log).

mod rows;
mod turn;

use std::sync::{Arc, Mutex, MutexGuard};

use async_trait::async_trait;
use domain::{EntityId, IdempotencyKey, OrganizationId, Timestamp};

use crate::clock::Clock;
use crate::log::{
    AppendCommand, DueCorrection, FeedLimit, FeedMatches, FeedSearch, HeadAndKey, Loaded, Log, LogError, Outcome,
    StateAt, Turn,
};
use crate::record::RecordedEvent;

use rows::Rows;
use turn::MemoryTurn;

/// One partition: readers look at the rows at any time, writers hold the head lock meanwhile.
#[derive(Default)]
struct Partition {
    head: Arc<tokio::sync::Mutex<()>>,
    rows: Mutex<Rows>,
}

impl Partition {
    fn rows(&self) -> MutexGuard<'_, Rows> {
        self.rows.lock().expect("no code panics while it holds the rows")
    }
}

/// A log that lasts as long as the process.
pub struct MemoryLog {
    clock: Arc<dyn Clock>,
    partitions: Vec<Arc<Partition>>,
}

impl MemoryLog {
    #[must_use]
    pub fn new(partitions: u16, clock: Arc<dyn Clock>) -> Self {
        Self { clock, partitions: (0..partitions.max(1)).map(|_| Arc::default()).collect() }
    }

    fn partition(&self, number: u16) -> &Arc<Partition> {
        &self.partitions[usize::from(number)]
    }

    fn of(&self, organization: &OrganizationId) -> &Arc<Partition> {
        self.partition(organization.partition(self.partitions()))
    }
}

#[async_trait]
impl Log for MemoryLog {
    fn partitions(&self) -> u16 {
        u16::try_from(self.partitions.len()).expect("made from a u16")
    }

    async fn append(&self, partition: u16, batch: &[AppendCommand]) -> Result<Vec<Outcome>, LogError> {
        let held = self.partition(partition);
        let _head = held.head.lock().await;
        held.rows().append(partition, batch)
    }

    async fn read_back(&self, partition: u16, batch: &[AppendCommand]) -> Result<Vec<Option<u64>>, LogError> {
        let held = self.partition(partition);
        let _head = held.head.lock().await;
        Ok(held.rows().read_back(batch))
    }

    async fn load(&self, organization: &OrganizationId) -> Result<Loaded, LogError> {
        Ok(self.of(organization).rows().load(organization))
    }

    async fn state_at(&self, organization: &OrganizationId, at: Timestamp) -> Result<StateAt, LogError> {
        Ok(self.of(organization).rows().state_at(organization, at))
    }

    async fn entity(
        &self,
        organization: &OrganizationId,
        entity: EntityId,
        up_to: u64,
    ) -> Result<Vec<RecordedEvent>, LogError> {
        Ok(self.of(organization).rows().entity(organization, entity, up_to))
    }

    async fn heads_and_keys(
        &self,
        partition: u16,
        asked: &[(OrganizationId, Option<IdempotencyKey>)],
    ) -> Result<Vec<Result<HeadAndKey, LogError>>, LogError> {
        let rows = self.partition(partition).rows();
        let answer = |organization: &OrganizationId, key: Option<&IdempotencyKey>| HeadAndKey {
            sequence: rows.sequence(organization),
            command: key.and_then(|key| rows.command(organization, key)),
        };
        Ok(asked.iter().map(|(organization, key)| Ok(answer(organization, key.as_ref()))).collect())
    }

    async fn stream(
        &self,
        organization: &OrganizationId,
        after: u64,
        limit: u32,
    ) -> Result<Vec<RecordedEvent>, LogError> {
        Ok(self.of(organization).rows().stream(organization, after, limit))
    }

    async fn feed(&self, partition: u16, after: u64, limit: FeedLimit) -> Result<Vec<Arc<RecordedEvent>>, LogError> {
        Ok(self.partition(partition).rows().feed(after, limit))
    }

    async fn search(&self, search: &FeedSearch, limit: FeedLimit) -> Result<FeedMatches, LogError> {
        Ok(self.partition(search.partition).rows().search(search, limit))
    }

    async fn ends(&self) -> Result<Vec<u64>, LogError> {
        Ok(self.partitions.iter().map(|partition| partition.rows().end()).collect())
    }

    async fn turn(&self, partition: u16) -> Result<Box<dyn Turn>, LogError> {
        let held = Arc::clone(self.partition(partition));
        let head = Arc::clone(&held.head).lock_owned().await;
        Ok(Box::new(MemoryTurn::new(partition, held, head)))
    }

    async fn due(
        &self,
        partition: u16,
        now: Timestamp,
        _machine_now: Timestamp,
        limit: u32,
    ) -> Result<Vec<OrganizationId>, LogError> {
        Ok(self.partition(partition).rows().due(now, limit))
    }

    async fn correct_due(&self, partition: u16, corrections: &[DueCorrection]) -> Result<(), LogError> {
        let mut rows = self.partition(partition).rows();
        corrections.iter().for_each(|correction| rows.correct_due(correction));
        Ok(())
    }

    async fn now(&self) -> Result<Timestamp, LogError> {
        Ok(self.clock.now())
    }
}
