//! A partition's rows: the rules of `store.append` without its SQL. Pure.

use std::collections::{BTreeSet, HashMap, HashSet};
use std::ops::Range;
use std::sync::Arc;

use domain::{EntityId, IdempotencyKey, OrganizationId, Timestamp, evolve};

use crate::log::{
    AppendCommand, DueCorrection, FeedLimit, FeedMatches, FeedSearch, Loaded, LogError, NewEvent, Outcome, Snapshot,
    StateAt,
};
use crate::record::RecordedEvent;
use crate::snapshot;

#[derive(Default)]
pub(super) struct Rows {
    /// Position order: the first has position 1.
    events: Vec<RecordedEvent>,
    streams: HashMap<OrganizationId, Stream>,
    /// First event of each command with a key, and the number of its events.
    keys: HashMap<(OrganizationId, IdempotencyKey), Range<usize>>,
    due: BTreeSet<(Timestamp, OrganizationId)>,
}

#[derive(Default)]
struct Stream {
    /// Indexes into the events, in stream order.
    events: Vec<usize>,
    /// Bytes of the events since the snapshot.
    bytes_since: usize,
    snapshot: Option<Snapshot>,
    due_at: Option<Timestamp>,
}

impl Rows {
    pub(super) fn append(&mut self, partition: u16, batch: &[AppendCommand]) -> Result<Vec<Outcome>, LogError> {
        let mut failed: HashSet<&OrganizationId> = HashSet::new();
        let mut outcomes = Vec::with_capacity(batch.len());
        for command in batch {
            let outcome = self.append_one(partition, command, failed.contains(&command.organization))?;
            if !matches!(outcome, Outcome::Appended { .. }) {
                failed.insert(&command.organization);
            }
            outcomes.push(outcome);
        }
        Ok(outcomes)
    }

    fn append_one(&mut self, partition: u16, command: &AppendCommand, behind: bool) -> Result<Outcome, LogError> {
        let AppendCommand { organization, expected_sequence, key, events, due_at, snapshot, .. } = command;
        let key = key.as_ref().map(|(key, _)| (organization.clone(), key.clone()));
        if behind {
            return Ok(Outcome::Behind);
        }
        if key.as_ref().is_some_and(|key| self.keys.contains_key(key)) {
            return Ok(Outcome::Duplicate);
        }
        if self.sequence(organization) != *expected_sequence {
            return Ok(Outcome::Conflict);
        }
        let first = self.events.len();
        for event in events {
            let index = self.events.len();
            let recorded = self.decode(partition, command, event)?;
            self.events.push(recorded);
            let stream = self.streams.entry(organization.clone()).or_default();
            stream.events.push(index);
            stream.bytes_since += event.payload.len() + event.metadata.len();
        }
        if let Some(key) = key {
            self.keys.insert(key, first..self.events.len());
        }
        if let Some(snapshot) = snapshot {
            let stream = self.streams.entry(organization.clone()).or_default();
            stream.snapshot = Some(snapshot.clone());
            stream.bytes_since = 0;
        }
        if let Some(due_at) = *due_at
            && self.due_at(organization).is_none_or(|told| due_at < told)
        {
            self.set_due(organization, Some(due_at));
        }
        Ok(Outcome::Appended { position: position(first) })
    }

    fn decode(&self, partition: u16, command: &AppendCommand, event: &NewEvent) -> Result<RecordedEvent, LogError> {
        let corrupt = |error: serde_json::Error| LogError::Rejected(Box::new(error));
        let key = command.key.as_ref().filter(|_| event.command_index == 0);
        Ok(RecordedEvent {
            organization: command.organization.clone(),
            partition,
            position: position(self.events.len()),
            sequence: event.sequence,
            event_id: event.event_id,
            command_id: command.command_id,
            command_index: event.command_index,
            command_count: event.command_count,
            entity_id: event.entity_id,
            event: serde_json::from_str(&event.payload).map_err(corrupt)?,
            event_version: event.event_version.to_owned(),
            recorded_at: event.recorded_at,
            metadata: serde_json::from_str(&event.metadata).map_err(corrupt)?,
            idempotency_key: key.map(|(key, _)| key.stored()),
            request_hash: key.map(|(_, hash)| *hash),
            chain_hash: event.chain_hash,
        })
    }

    pub(super) fn read_back(&self, batch: &[AppendCommand]) -> Vec<Option<u64>> {
        let found = |command: &AppendCommand| {
            let place = usize::try_from(command.expected_sequence).ok()?;
            let index = *self.streams.get(&command.organization)?.events.get(place)?;
            (self.events[index].chain_hash == command.events.first()?.chain_hash).then(|| position(index))
        };
        batch.iter().map(found).collect()
    }

    pub(super) fn load(&self, organization: &OrganizationId) -> Loaded {
        let Some(stream) = self.streams.get(organization) else { return Loaded::default() };
        let kept = stream.snapshot.as_ref().and_then(|kept| Some((snapshot::decode(&kept.payload)?, kept)));
        let (mut state, snapshot_sequence, snapshot_bytes) = match kept {
            Some((state, kept)) => (state, kept.sequence, kept.payload.len()),
            None => Default::default(),
        };
        let tail = self.of(stream).filter(|event| event.sequence > snapshot_sequence);
        tail.for_each(|event| evolve(&mut state, &event.event));
        Loaded {
            state,
            sequence: self.sequence(organization),
            chain_hash: self.of(stream).next_back().map_or(crate::chain::GENESIS, |event| event.chain_hash),
            snapshot_sequence,
            snapshot_bytes,
            event_bytes_since: stream.bytes_since,
            due_at: stream.due_at,
        }
    }

    pub(super) fn state_at(&self, organization: &OrganizationId, at: Timestamp) -> StateAt {
        let mut past = StateAt::default();
        for event in self.all(organization).take_while(|event| event.event.occurred_at <= at) {
            evolve(&mut past.state, &event.event);
            past.sequence = event.sequence;
        }
        past
    }

    fn of<'a>(&'a self, stream: &'a Stream) -> impl DoubleEndedIterator<Item = &'a RecordedEvent> {
        stream.events.iter().map(|index| &self.events[*index])
    }

    fn all(&self, organization: &OrganizationId) -> impl Iterator<Item = &RecordedEvent> {
        self.streams.get(organization).into_iter().flat_map(|stream| self.of(stream))
    }

    pub(super) fn sequence(&self, organization: &OrganizationId) -> u64 {
        self.streams.get(organization).map_or(0, |stream| position(stream.events.len()) - 1)
    }

    pub(super) fn entity(&self, organization: &OrganizationId, entity: EntityId, up_to: u64) -> Vec<RecordedEvent> {
        let up_to = self.all(organization).take_while(|event| event.sequence <= up_to);
        up_to.filter(|event| event.entity_id == Some(entity)).cloned().collect()
    }

    pub(super) fn stream(&self, organization: &OrganizationId, after: u64, limit: u32) -> Vec<RecordedEvent> {
        let behind = self.all(organization).skip_while(|event| event.sequence <= after);
        behind.take(usize::try_from(limit).unwrap_or(usize::MAX)).cloned().collect()
    }

    pub(super) fn feed(&self, after: u64, limit: FeedLimit) -> Vec<Arc<RecordedEvent>> {
        let behind = self.events.iter().skip(usize::try_from(after).unwrap_or(usize::MAX));
        let mut bytes = 0;
        let within = |event: &&RecordedEvent| {
            let fits = bytes < limit.bytes;
            bytes += serde_json::to_vec(&event.event).map_or(0, |json| json.len());
            fits
        };
        let few = behind.take(usize::try_from(limit.events).unwrap_or(usize::MAX));
        few.take_while(within).cloned().map(Arc::new).collect()
    }

    pub(super) fn search(&self, search: &FeedSearch, limit: FeedLimit) -> FeedMatches {
        let most = usize::try_from(limit.events).unwrap_or(usize::MAX);
        let is_wanted = |event: &&RecordedEvent| {
            (search.types.is_empty() || search.types.contains(&event.event.fact.name()))
                && search.organization.as_ref().is_none_or(|organization| *organization == event.organization)
        };
        let inside = self.events.iter().filter(|event| event.position > search.after && event.position <= search.up_to);
        let events: Vec<_> = inside.filter(is_wanted).take(most).cloned().map(Arc::new).collect();
        let up_to = events.last().filter(|_| events.len() == most).map_or(search.up_to, |last| last.position);
        FeedMatches { events, up_to }
    }

    pub(super) fn end(&self) -> u64 {
        position(self.events.len()) - 1
    }

    pub(super) fn command(&self, organization: &OrganizationId, key: &IdempotencyKey) -> Option<Vec<RecordedEvent>> {
        let place = self.keys.get(&(organization.clone(), key.clone()))?;
        Some(self.events[place.clone()].to_vec())
    }

    pub(super) fn due(&self, now: Timestamp, limit: u32) -> Vec<OrganizationId> {
        let due = self.due.iter().take_while(|(at, _)| *at <= now);
        due.take(usize::try_from(limit).unwrap_or(usize::MAX)).map(|(_, organization)| organization.clone()).collect()
    }

    pub(super) fn correct_due(&mut self, correction: &DueCorrection) {
        if self.sequence(&correction.organization) == correction.sequence {
            self.set_due(&correction.organization, correction.due_at);
        }
    }

    fn due_at(&self, organization: &OrganizationId) -> Option<Timestamp> {
        self.streams.get(organization)?.due_at
    }

    fn set_due(&mut self, organization: &OrganizationId, due_at: Option<Timestamp>) {
        let Some(stream) = self.streams.get_mut(organization) else { return };
        if let Some(before) = std::mem::replace(&mut stream.due_at, due_at) {
            self.due.remove(&(before, organization.clone()));
        }
        if let Some(due_at) = due_at {
            self.due.insert((due_at, organization.clone()));
        }
    }
}

/// The position of the event at this index; also the sequence of the event at this place of a stream.
fn position(index: usize) -> u64 {
    u64::try_from(index).expect("an index fits 64 bits") + 1
}
