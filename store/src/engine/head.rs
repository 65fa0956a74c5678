//! The end of a stream as decided, which may lie ahead of what is durable: state, sequence, chain, the last
//! snapshot and the due time. Pure.

use domain::{CommandId, Event, IdempotencyKey, Organization, OrganizationId, Timestamp};

use crate::chain;
use crate::log::{AppendCommand, Loaded, NewEvent, Snapshot};
use crate::record::{EventMetadata, RecordedEvent, RequestHash};

use super::limits::{SNAPSHOT_BYTES_FACTOR, SNAPSHOT_EVENTS_MIN};

pub(crate) struct Head {
    pub(crate) state: Organization,
    pub(crate) sequence: u64,
    chain_hash: chain::ChainHash,
    snapshot_sequence: u64,
    snapshot_bytes: usize,
    event_bytes_since: usize,
    /// The log's due time is no later than this while the stream ends here; `None`: it may have none.
    due_known: Option<Timestamp>,
}

/// A command that has been decided.
pub(crate) struct Decided<'a> {
    pub(crate) organization: &'a OrganizationId,
    pub(crate) partition: u16,
    pub(crate) command_id: CommandId,
    pub(crate) key: Option<&'a (IdempotencyKey, RequestHash)>,
    pub(crate) metadata: &'a EventMetadata,
    pub(crate) now: Timestamp,
    /// Never empty.
    pub(crate) events: Vec<Event>,
    pub(crate) after: Organization,
}

/// A command ready for the log, and what it will be answered with.
pub(crate) struct Draft {
    pub(crate) append: AppendCommand,
    pub(crate) recorded: Vec<RecordedEvent>,
    pub(crate) bytes: usize,
}

impl From<Loaded> for Head {
    fn from(loaded: Loaded) -> Self {
        // A sweeper may have raised it since to what the state says, or have removed it.
        let due_known = loaded.due_at.zip(loaded.state.next_due()).map(|(told, due)| told.max(due));
        Self {
            state: loaded.state,
            sequence: loaded.sequence,
            chain_hash: loaded.chain_hash,
            snapshot_sequence: loaded.snapshot_sequence,
            snapshot_bytes: loaded.snapshot_bytes,
            event_bytes_since: loaded.event_bytes_since,
            due_known,
        }
    }
}

impl Head {
    /// Moves the end of the stream behind the command: sequences, serializes and hashes its events once.
    pub(crate) fn advance(&mut self, decided: Decided<'_>) -> Draft {
        let Decided { organization, partition, command_id, key, metadata, now, events, after } = decided;
        let metadata_json = serde_json::to_string(metadata).expect("metadata are strings");
        let count = u32::try_from(events.len()).expect("a command has a bounded number of events");
        let rows = (0..count).zip(self.sequence + 1..).zip(&events);
        let rows = rows.map(|((index, sequence), event)| NewEvent {
            sequence,
            event_id: command_id.event(index),
            command_index: index,
            command_count: count,
            entity_id: event.fact.entity_id(),
            event_type: event.fact.name(),
            event_version: event.fact.version(),
            occurred_at: event.occurred_at,
            recorded_at: now,
            payload: serde_json::to_string(event).expect("an event has string keys only"),
            metadata: metadata_json.clone(),
            chain_hash: chain::GENESIS,
        });
        let mut append = AppendCommand {
            organization: organization.clone(),
            expected_sequence: self.sequence,
            command_id,
            key: key.cloned(),
            events: rows.collect(),
            due_at: None,
            snapshot: None,
        };
        self.chain_hash = chain::seal(self.chain_hash, partition, &mut append);
        self.sequence += u64::from(count);
        self.state = after;
        let bytes = append.events.iter().map(|event| event.payload.len() + event.metadata.len()).sum();
        self.event_bytes_since += bytes;
        append.due_at = self.tell_due();
        append.snapshot = self.take_snapshot();
        let recorded = append.events.iter().zip(events);
        let recorded = recorded.map(|(row, event)| record(&append, partition, metadata, row, event)).collect();
        Draft { append, recorded, bytes }
    }

    /// Told where it is earlier than before this command, whatever was told last: while the command waits, a sweeper may
    /// raise that, but to no later than what the state before it says.
    fn tell_due(&mut self) -> Option<Timestamp> {
        let due = self.state.next_due();
        let known = std::mem::replace(&mut self.due_known, due);
        due.filter(|due| known.is_none_or(|known| *due < known))
    }

    fn take_snapshot(&mut self) -> Option<Snapshot> {
        let enough_events = self.sequence - self.snapshot_sequence >= SNAPSHOT_EVENTS_MIN;
        let enough_bytes = self.event_bytes_since >= self.snapshot_bytes.saturating_mul(SNAPSHOT_BYTES_FACTOR);
        if !enough_events || !enough_bytes {
            return None;
        }
        self.snapshot_sequence = self.sequence;
        let snapshot = Snapshot::of(&self.state, self.sequence, self.chain_hash);
        self.snapshot_bytes = snapshot.payload.len();
        self.event_bytes_since = 0;
        Some(snapshot)
    }
}

fn record(
    append: &AppendCommand,
    partition: u16,
    metadata: &EventMetadata,
    row: &NewEvent,
    event: Event,
) -> RecordedEvent {
    let key = append.key.as_ref().filter(|_| row.command_index == 0);
    RecordedEvent {
        organization: append.organization.clone(),
        partition,
        position: 0,
        sequence: row.sequence,
        event_id: row.event_id,
        command_id: append.command_id,
        command_index: row.command_index,
        command_count: row.command_count,
        entity_id: row.entity_id,
        event,
        event_version: row.event_version.to_owned(),
        recorded_at: row.recorded_at,
        metadata: metadata.clone(),
        idempotency_key: key.map(|(key, _)| key.stored()),
        request_hash: key.map(|(_, hash)| *hash),
        chain_hash: row.chain_hash,
    }
}
