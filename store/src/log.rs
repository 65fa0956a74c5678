//! What the engine asks of a log. Two implementations, one conformance suite: PostgreSQL and memory.

use std::sync::Arc;

use async_trait::async_trait;
use domain::{CommandId, EntityId, IdempotencyKey, Organization, OrganizationId, Timestamp};
use uuid::Uuid;

use crate::record::{RecordedEvent, RequestHash};

/// An event that the writer has sequenced and hashed.
#[derive(Clone, Debug)]
pub struct NewEvent {
    pub sequence: u64,
    pub event_id: Uuid,
    pub command_index: u32,
    pub command_count: u32,
    pub entity_id: Option<EntityId>,
    pub event_type: &'static str,
    pub event_version: &'static str,
    pub occurred_at: Timestamp,
    pub recorded_at: Timestamp,
    /// JSON text, stored as written because it is hashed.
    pub payload: String,
    pub metadata: String,
    pub chain_hash: [u8; 32],
}

/// A state to load from instead of the whole stream; made by [`Snapshot::of`].
#[derive(Clone, Debug)]
pub struct Snapshot {
    pub sequence: u64,
    /// The chain hash of the event at `sequence`; a load rejects the snapshot when the row's differs.
    pub chain_hash: [u8; 32],
    /// The state as JSON text.
    pub payload: String,
}

/// One command's events, in the order of the queue.
#[derive(Clone, Debug)]
pub struct AppendCommand {
    pub organization: OrganizationId,
    /// The stream's last sequence, that this command was decided on; commands of one stream in one batch follow each other.
    pub expected_sequence: u64,
    pub command_id: CommandId,
    pub key: Option<(IdempotencyKey, RequestHash)>,
    pub events: Vec<NewEvent>,
    /// When something of this stream falls due next, if that is earlier than by the state before this command.
    pub due_at: Option<Timestamp>,
    /// The state after the command, when a snapshot is due.
    pub snapshot: Option<Snapshot>,
}

/// What became of one command of an append (CORRECTNESS C1).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// Durable; the position of the command's first event.
    Appended { position: u64 },
    /// The stream's last sequence was not the expected one.
    Conflict,
    /// The key is in the log already, or on a command before it in the batch. Answered rather than [`Self::Conflict`]
    /// where both hold.
    Duplicate,
    /// Not tried: a command before it in the same stream failed.
    Behind,
}

/// A failure of the log itself.
#[derive(Debug, thiserror::Error)]
pub enum LogError {
    /// The connection broke: the effect is unknown until [`Log::read_back`] has answered (CORRECTNESS C4).
    #[error("the database's answer was lost")]
    OutcomeUnknown(#[source] BoxError),
    /// The database refused a value (SQLSTATE class 22 or 23); nothing was appended, one command is to blame.
    #[error("the database refused a value")]
    Rejected(#[source] BoxError),
    /// Nothing was done; trying again later may work.
    #[error("the database is unavailable")]
    Unavailable(#[source] BoxError),
    /// What the log holds cannot be read: a defect or a changed row.
    #[error("the log cannot be read: {0}")]
    Corrupt(String),
}

/// A source error of any kind.
pub type BoxError = Box<dyn std::error::Error + Send + Sync>;

/// A stream's state as durable now.
#[derive(Clone, Debug, Default)]
pub struct Loaded {
    pub state: Organization,
    pub sequence: u64,
    pub chain_hash: [u8; 32],
    /// The sequence and size in bytes of the latest snapshot, and the bytes of events since.
    pub snapshot_sequence: u64,
    pub snapshot_bytes: usize,
    pub event_bytes_since: usize,
    /// The due time that the log has for the stream.
    pub due_at: Option<Timestamp>,
}

/// A stream's state as of an instant of the past.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct StateAt {
    pub state: Organization,
    /// The last event that is part of it; 0 before the first.
    pub sequence: u64,
}

/// What the batched read of heads and keys answers for one question (CORRECTNESS C9).
#[derive(Clone, Debug, PartialEq)]
pub struct HeadAndKey {
    /// The stream's last durable sequence.
    pub sequence: u64,
    /// The events of the command with the asked key, if it is in the log.
    pub command: Option<Vec<RecordedEvent>>,
}

/// The due time of a stream that was settled; it counts while the stream is still at `sequence`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DueCorrection {
    pub organization: OrganizationId,
    pub sequence: u64,
    /// `None`: nothing will fall due.
    pub due_at: Option<Timestamp>,
}

/// What one read of the feed may bring into memory.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FeedLimit {
    pub events: u32,
    /// Of payloads and metadata; exceeded by one event at most.
    pub bytes: usize,
}

/// A search of the feed: positions of one partition behind `after` up to `up_to`, which must be committed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FeedSearch {
    pub partition: u16,
    pub after: u64,
    pub up_to: u64,
    /// Stored names of events; empty: every type.
    pub types: Arc<[&'static str]>,
    pub organization: Option<OrganizationId>,
}

/// Events of a partition in their order, as many as a limit lets through.
#[derive(Clone, Debug, PartialEq)]
pub struct FeedPage {
    pub events: Vec<Arc<RecordedEvent>>,
    /// Whether the limit ended it: there may be more at once.
    pub is_cut: bool,
}

/// What a search has found.
#[derive(Clone, Debug, PartialEq)]
pub struct FeedMatches {
    pub events: Vec<Arc<RecordedEvent>>,
    /// How far it has come: every match up to this position is among the events.
    pub up_to: u64,
}

/// The durable log.
#[async_trait]
pub trait Log: Send + Sync + 'static {
    /// Read from the database, never from settings.
    fn partitions(&self) -> u16;

    /// Appends a batch of one partition and commits; one outcome a command, in order.
    async fn append(&self, partition: u16, batch: &[AppendCommand]) -> Result<Vec<Outcome>, LogError>;

    /// After [`LogError::OutcomeUnknown`] of this batch: for each command the position of its first event, if it was
    /// appended; waits for the lost append to end by taking the partition's head lock. A command can only stand right
    /// behind its expected sequence, so that is where it is looked for, by the hash of its first event: a command of the
    /// same key that another node has decided there has the same id and is not this one.
    async fn read_back(&self, partition: u16, batch: &[AppendCommand]) -> Result<Vec<Option<u64>>, LogError>;

    /// The stream's state: one snapshot and its tail. A stream without events is the default.
    async fn load(&self, organization: &OrganizationId) -> Result<Loaded, LogError>;

    /// The stream's state after its events with `occurred_at <= at`, from the nearest snapshot that was kept (CORRECTNESS
    /// C29). Nothing is settled: what was due at `at` is for the caller to settle in a copy.
    async fn state_at(&self, organization: &OrganizationId, at: Timestamp) -> Result<StateAt, LogError>;

    /// The events of one entity with `sequence <= up_to`, in order.
    async fn entity(
        &self,
        organization: &OrganizationId,
        entity: EntityId,
        up_to: u64,
    ) -> Result<Vec<RecordedEvent>, LogError>;

    /// Streams' last sequences and, where asked, commands by key; one read on the primary for all (CORRECTNESS C9). A
    /// command that cannot be read, such as one of a newer program, is [`LogError::Corrupt`] for its own question only.
    async fn heads_and_keys(
        &self,
        partition: u16,
        asked: &[(OrganizationId, Option<IdempotencyKey>)],
    ) -> Result<Vec<Result<HeadAndKey, LogError>>, LogError>;

    /// A page of a stream.
    async fn stream(
        &self,
        organization: &OrganizationId,
        after: u64,
        limit: u32,
    ) -> Result<Vec<RecordedEvent>, LogError>;

    /// The partition's events behind position `after`, contiguous and in commit order, at least one where there is one.
    /// Stops short of a row that cannot be read, and answers [`LogError::Corrupt`] where that is the first.
    async fn feed(&self, partition: u16, after: u64, limit: FeedLimit) -> Result<Vec<Arc<RecordedEvent>>, LogError>;

    /// The events of a piece of the feed that match. Costs the positions that it covers, so the caller bounds those.
    async fn search(&self, search: &FeedSearch, limit: FeedLimit) -> Result<FeedMatches, LogError>;

    /// The last position of each partition, 0 where it is empty.
    async fn ends(&self) -> Result<Vec<u64>, LogError>;

    /// Takes the partition's head lock for one command decided under it (CORRECTNESS C5).
    async fn turn(&self, partition: u16) -> Result<Box<dyn Turn>, LogError>;

    /// Streams with something due at or before `now`, oldest first; only to the one caller that holds the partition's
    /// sweep row (`SKIP LOCKED`), empty to others, and to a machine whose clock is more than a second past the
    /// database's: it would end what has not ended (CORRECTNESS C12).
    async fn due(
        &self,
        partition: u16,
        now: Timestamp,
        machine_now: Timestamp,
        limit: u32,
    ) -> Result<Vec<OrganizationId>, LogError>;

    /// Corrects due times of streams of one partition, under one lock and in one commit.
    async fn correct_due(&self, partition: u16, corrections: &[DueCorrection]) -> Result<(), LogError>;

    /// The database's clock.
    async fn now(&self) -> Result<Timestamp, LogError>;
}

/// A transaction that holds a partition's head lock: read, decide, append, with nobody in between.
#[async_trait]
pub trait Turn: Send {
    async fn load(&mut self, organization: &OrganizationId) -> Result<Loaded, LogError>;
    async fn entity(&mut self, organization: &OrganizationId, entity: EntityId)
    -> Result<Vec<RecordedEvent>, LogError>;
    async fn command(
        &mut self,
        organization: &OrganizationId,
        key: &IdempotencyKey,
    ) -> Result<Option<Vec<RecordedEvent>>, LogError>;
    /// Appends and commits.
    async fn append(self: Box<Self>, batch: &[AppendCommand]) -> Result<Vec<Outcome>, LogError>;
}
