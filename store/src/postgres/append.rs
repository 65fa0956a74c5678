//! A batch as the arrays of `store.append`, and its answer.

use domain::Timestamp;
use sqlx::PgConnection;
use uuid::Uuid;

use super::{error, read};
use crate::log::{AppendCommand, LogError, NewEvent, Outcome, Snapshot};
use crate::snapshot::SNAPSHOT_VERSION;

/// Appends and commits, unless the connection is inside a transaction.
pub(super) async fn append(
    connection: &mut PgConnection,
    partition: u16,
    batch: &[AppendCommand],
) -> Result<Vec<Outcome>, LogError> {
    if batch.is_empty() {
        return Ok(Vec::new());
    }
    let keys: Vec<Option<String>> = batch.iter().map(|c| c.key.as_ref().map(|(key, _)| key.stored())).collect();
    let commands = Commands::of(batch, &keys);
    let events = Events::of(batch, &keys);
    let snapshots = Snapshots::of(batch);
    let (outcomes, positions): (Vec<String>, Vec<i64>) = sqlx::query_as(
        "SELECT a.outcomes, a.positions
         FROM store.append($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20,
                           $21, $22, $23, $24, $25, $26, $27, $28, $29, $30) AS a",
    )
    .bind(read::small(partition)?)
    .bind(commands.organization)
    .bind(commands.expected)
    .bind(commands.count)
    .bind(commands.key)
    .bind(commands.due_at)
    .bind(events.command)
    .bind(events.organization)
    .bind(events.sequence)
    .bind(events.event_id)
    .bind(events.event_type)
    .bind(events.event_version)
    .bind(events.command_id)
    .bind(events.command_index)
    .bind(events.command_count)
    .bind(events.entity_id)
    .bind(events.occurred_at)
    .bind(events.recorded_at)
    .bind(events.key)
    .bind(events.request_hash)
    .bind(events.payload)
    .bind(events.metadata)
    .bind(events.chain_hash)
    .bind(snapshots.command)
    .bind(snapshots.organization)
    .bind(snapshots.sequence)
    .bind(vec![SNAPSHOT_VERSION; snapshots.payload.len()])
    .bind(snapshots.chain_hash)
    .bind(snapshots.recorded_at)
    .bind(snapshots.payload)
    .fetch_one(connection)
    .await
    .map_err(error::of_append)?;
    if outcomes.len() != batch.len() {
        return Err(LogError::OutcomeUnknown("the append answered another number of outcomes".into()));
    }
    outcomes.iter().zip(positions).map(|(outcome, position)| read_outcome(outcome, position)).collect()
}

fn read_outcome(outcome: &str, position: i64) -> Result<Outcome, LogError> {
    match (outcome, u64::try_from(position)) {
        ("ok", Ok(position)) => Ok(Outcome::Appended { position }),
        ("conflict", _) => Ok(Outcome::Conflict),
        ("duplicate", _) => Ok(Outcome::Duplicate),
        ("behind", _) => Ok(Outcome::Behind),
        _ => Err(LogError::OutcomeUnknown(format!("the append answered {outcome} at {position}").into())),
    }
}

/// One element a command.
#[derive(Default)]
struct Commands<'a> {
    organization: Vec<&'a str>,
    expected: Vec<i64>,
    count: Vec<i32>,
    key: Vec<Option<&'a str>>,
    due_at: Vec<Option<Timestamp>>,
}

impl<'a> Commands<'a> {
    fn of(batch: &'a [AppendCommand], keys: &'a [Option<String>]) -> Self {
        let mut arrays = Self::default();
        for (command, key) in batch.iter().zip(keys) {
            arrays.organization.push(command.organization.as_str());
            arrays.expected.push(long(command.expected_sequence));
            arrays.count.push(ordinal(command.events.len()));
            arrays.key.push(key.as_deref());
            arrays.due_at.push(command.due_at);
        }
        arrays
    }
}

/// One element an event.
#[derive(Default)]
struct Events<'a> {
    command: Vec<i32>,
    organization: Vec<&'a str>,
    sequence: Vec<i64>,
    event_id: Vec<Uuid>,
    event_type: Vec<&'a str>,
    event_version: Vec<&'a str>,
    command_id: Vec<Uuid>,
    command_index: Vec<i32>,
    command_count: Vec<i32>,
    entity_id: Vec<Option<Uuid>>,
    occurred_at: Vec<Timestamp>,
    recorded_at: Vec<Timestamp>,
    key: Vec<Option<&'a str>>,
    request_hash: Vec<Option<&'a [u8]>>,
    payload: Vec<&'a str>,
    metadata: Vec<&'a str>,
    chain_hash: Vec<&'a [u8]>,
}

impl<'a> Events<'a> {
    fn of(batch: &'a [AppendCommand], keys: &'a [Option<String>]) -> Self {
        let mut arrays = Self::default();
        for (n, (command, key)) in batch.iter().zip(keys).enumerate() {
            for event in &command.events {
                arrays.push(ordinal(n + 1), command, key.as_deref(), event);
            }
        }
        arrays
    }

    fn push(&mut self, n: i32, command: &'a AppendCommand, key: Option<&'a str>, event: &'a NewEvent) {
        // The key stands on the command's first event only.
        let request_hash = command.key.as_ref().map(|(_, hash)| hash.as_slice());
        let (key, request_hash) = if event.command_index == 0 { (key, request_hash) } else { (None, None) };
        self.command.push(n);
        self.organization.push(command.organization.as_str());
        self.sequence.push(long(event.sequence));
        self.event_id.push(event.event_id);
        self.event_type.push(event.event_type);
        self.event_version.push(event.event_version);
        self.command_id.push(command.command_id.uuid());
        self.command_index.push(int(event.command_index));
        self.command_count.push(int(event.command_count));
        self.entity_id.push(event.entity_id);
        self.occurred_at.push(event.occurred_at);
        self.recorded_at.push(event.recorded_at);
        self.key.push(key);
        self.request_hash.push(request_hash);
        self.payload.push(&event.payload);
        self.metadata.push(&event.metadata);
        self.chain_hash.push(&event.chain_hash);
    }
}

/// One element a snapshot.
#[derive(Default)]
struct Snapshots<'a> {
    command: Vec<i32>,
    organization: Vec<&'a str>,
    sequence: Vec<i64>,
    chain_hash: Vec<&'a [u8]>,
    recorded_at: Vec<Timestamp>,
    payload: Vec<&'a str>,
}

impl<'a> Snapshots<'a> {
    fn of(batch: &'a [AppendCommand]) -> Self {
        let mut arrays = Self::default();
        for (n, command) in batch.iter().enumerate() {
            if let (Some(snapshot), Some(last)) = (&command.snapshot, command.events.last()) {
                arrays.push(ordinal(n + 1), command, snapshot, last.recorded_at);
            }
        }
        arrays
    }

    fn push(&mut self, n: i32, command: &'a AppendCommand, snapshot: &'a Snapshot, recorded_at: Timestamp) {
        self.command.push(n);
        self.organization.push(command.organization.as_str());
        self.sequence.push(long(snapshot.sequence));
        self.chain_hash.push(&snapshot.chain_hash);
        self.recorded_at.push(recorded_at);
        self.payload.push(&snapshot.payload);
    }
}

fn long(number: u64) -> i64 {
    i64::try_from(number).expect("a stream never has 2^63 events")
}

fn int(number: u32) -> i32 {
    i32::try_from(number).expect("a command never has 2^31 events")
}

fn ordinal(number: usize) -> i32 {
    i32::try_from(number).expect("a batch is bounded far below 2^31")
}
