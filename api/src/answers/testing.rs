//! Streams for the tests of answers: what the domain decides, as the log would hold it.

use chrono::{DateTime, TimeZone, Utc};
use domain::{Command, CommandId, Context, Decision, History, Organization, OrganizationId, decide, evolve};
use serde_json::Value;
use store::{EventMetadata, RecordedEvent};
use uuid::Uuid;

use crate::request::body::Body;
use crate::request::{Asked, Kind};

pub(crate) fn now() -> DateTime<Utc> {
    Utc.with_ymd_and_hms(2026, 1, 2, 3, 4, 5).single().expect("an instant")
}

/// An organization and its stream.
pub(crate) struct Given {
    organization: OrganizationId,
    state: Organization,
    pub stream: Vec<RecordedEvent>,
}

impl Given {
    pub fn new() -> Self {
        let organization = OrganizationId::try_new("acme").expect("valid");
        Self { organization, state: Organization::default(), stream: Vec::new() }
    }

    /// Gives a command as a caller would, and answers its events.
    pub fn when(&mut self, kind: Kind, target: Option<Uuid>, body: &Value) -> Vec<RecordedEvent> {
        let body = body.to_string();
        let asked = kind.read(target, "key", Body::Text(body.as_bytes())).expect("a good body");
        let (Asked::Command(command) | Asked::Priced(command)) = asked else { panic!("{asked:?} needs the catalogue") };
        let command_id = CommandId::without_key(Uuid::from_u128(self.stream.len() as u128));
        let events = self.decide(&command, command_id);
        let count = u32::try_from(events.len()).expect("few");
        let recorded: Vec<_> =
            (0_u32..).zip(events).map(|(index, event)| self.record(command_id, index, count, event)).collect();
        self.stream.extend(recorded.iter().cloned());
        recorded
    }

    fn decide(&self, command: &Command, command_id: CommandId) -> Vec<domain::Event> {
        let mut history = History::new();
        loop {
            let context =
                Context { organization: &self.organization, command_id, now: now(), history: &history, welcome: None };
            match decide(&self.state, command, &context).expect("accepted") {
                Decision::Accepted { events, .. } => return events,
                Decision::NeedsHistory(entity) => {
                    let past = self.entity(entity).into_iter().map(|recorded| (recorded.sequence, recorded.event));
                    history.insert(entity, past.collect());
                }
            }
        }
    }

    pub fn entity(&self, entity: Uuid) -> Vec<RecordedEvent> {
        self.stream.iter().filter(|recorded| recorded.entity_id == Some(entity)).cloned().collect()
    }

    fn record(&mut self, command_id: CommandId, index: u32, count: u32, event: domain::Event) -> RecordedEvent {
        evolve(&mut self.state, &event);
        let sequence = self.stream.len() as u64 + u64::from(index) + 1;
        RecordedEvent {
            organization: self.organization.clone(),
            partition: 0,
            position: sequence,
            sequence,
            event_id: command_id.event(index),
            command_id,
            command_index: index,
            command_count: count,
            entity_id: event.fact.entity_id(),
            event_version: event.fact.version().to_owned(),
            event,
            recorded_at: now(),
            metadata: EventMetadata { actor: "key:1".to_owned(), ..EventMetadata::default() },
            idempotency_key: (index == 0).then(|| "c:key".to_owned()),
            request_hash: None,
            chain_hash: [7; 32],
        }
    }
}
