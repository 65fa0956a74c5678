//! Old shapes of stored events, lifted to the current ones.
//!
//! Invariant: what leaves here has the version that this code writes. An upcaster skips a version that it cannot parse
//! without a word, and an event of a newer version (of another node, or of a changed log) could decode with fields
//! missing; either would fold into a wrong balance, so both are errors.

use cqrs_es::persist::{EventUpcaster, SemanticVersionEventUpcaster, SerializedEvent};

use crate::events::Fact;

/// Why an event cannot be lifted.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum UpcastError {
    #[error("there is no event type {0:?}")]
    UnknownType(String),
    #[error("the version {version:?} of a {event_type} is not three numbers with dots")]
    UnreadableVersion { event_type: String, version: String },
    #[error("a {event_type} of version {version} cannot be lifted to {current}")]
    UnknownVersion { event_type: String, version: String, current: &'static str },
}

/// The upcasters of every event, in the order in which they apply.
#[must_use]
pub fn upcasters() -> Vec<Box<dyn EventUpcaster>> {
    // 1.0.0 says nothing of what repays, and nothing did but what its own `DebtRepaid` events say.
    let ends = ["ReservationConfirmed", "ReservationCancelled", "ReservationExpired"];
    ends.into_iter().map(|name| unchanged(name, "1.1.0")).collect()
}

/// To a version whose further fields may be left out.
fn unchanged(name: &str, version: &str) -> Box<dyn EventUpcaster> {
    Box::new(SemanticVersionEventUpcaster::new(name, version, Box::new(|payload| payload)))
}

/// Lifts an event through the chain: each upcaster that knows its type and version applies once, in order.
///
/// # Errors
/// [`UpcastError`] when the event does not arrive at the version that this code writes.
pub fn upcast(event: SerializedEvent, chain: &[Box<dyn EventUpcaster>]) -> Result<SerializedEvent, UpcastError> {
    if !is_version(&event.event_version) {
        let (event_type, version) = (event.event_type, event.event_version);
        return Err(UpcastError::UnreadableVersion { event_type, version });
    }
    let event = chain.iter().fold(event, |event, upcaster| {
        if upcaster.can_upcast(&event.event_type, &event.event_version) { upcaster.upcast(event) } else { event }
    });
    let known = Fact::ALL.iter().find(|(name, _)| *name == event.event_type);
    let Some((_, current)) = known else { return Err(UpcastError::UnknownType(event.event_type)) };
    if event.event_version != *current {
        let (event_type, version) = (event.event_type, event.event_version);
        return Err(UpcastError::UnknownVersion { event_type, version, current });
    }
    Ok(event)
}

/// `x.y.z`, three numbers.
fn is_version(text: &str) -> bool {
    text.split('.').count() == 3 && text.split('.').all(|part| part.parse::<u32>().is_ok())
}
