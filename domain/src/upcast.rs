//! Old shapes of stored events, lifted to the current ones.

use cqrs_es::persist::{EventUpcaster, SerializedEvent};

/// The upcasters of every event, in the order in which they apply. No stored shape has changed yet.
#[must_use]
pub fn upcasters() -> Vec<Box<dyn EventUpcaster>> {
    Vec::new()
}

/// Lifts an event through the chain: each upcaster that knows its type and version applies once, in order.
#[must_use]
pub fn upcast(event: SerializedEvent, chain: &[Box<dyn EventUpcaster>]) -> SerializedEvent {
    chain.iter().fold(event, |event, upcaster| {
        if upcaster.can_upcast(&event.event_type, &event.event_version) { upcaster.upcast(event) } else { event }
    })
}
