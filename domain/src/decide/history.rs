//! What a decision looks up of the past.

use std::collections::BTreeMap;

use crate::events::Event;
use crate::ids::EntityId;

/// Events of entities that a decision asked for, each complete and in stream order.
pub type History = BTreeMap<EntityId, PastEvents>;

/// An entity's events in stream order, each with its place in the stream: it tells which of two entities' events came
/// first.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct PastEvents {
    events: Vec<Event>,
    sequences: Vec<u64>,
}

impl PastEvents {
    pub fn push(&mut self, sequence: u64, event: Event) {
        self.sequences.push(sequence);
        self.events.push(event);
    }

    #[must_use]
    pub fn events(&self) -> &[Event] {
        &self.events
    }

    pub(super) fn placed(&self) -> impl Iterator<Item = (u64, &Event)> {
        self.sequences.iter().copied().zip(&self.events)
    }
}

impl FromIterator<(u64, Event)> for PastEvents {
    fn from_iter<I: IntoIterator<Item = (u64, Event)>>(placed: I) -> Self {
        let (sequences, events) = placed.into_iter().unzip();
        Self { events, sequences }
    }
}
