//! A command between its decision and its durability.
//!
//! Invariant: a flight lands exactly once, and only the owner of its ticket (the writer) lands it.

use std::sync::{Arc, OnceLock};

use domain::IdempotencyKey;
use tokio::sync::Notify;

use crate::ledger::Committed;
use crate::log::{AppendCommand, LogError};
use crate::record::{RecordedEvent, RequestHash};

use super::cache::Lease;
use super::permit::Permit;

/// How a flight ended.
#[derive(Clone, Debug)]
pub(crate) enum Landing {
    /// Committed; the position of the first event, the others follow it.
    Durable { position: u64 },
    /// Nothing was appended, and the state that it was decided on is gone: decide again.
    Again,
    /// The key is in the log.
    Duplicate,
    /// The log refused the command's values.
    Rejected(Arc<LogError>),
    /// The log does not answer, or the writer is gone.
    Unavailable,
}

pub(crate) struct Flight {
    pub(crate) epoch: u64,
    pub(crate) key: Option<(IdempotencyKey, RequestHash)>,
    /// Never empty; the positions are 0, they are known at the landing.
    events: Vec<RecordedEvent>,
    landing: OnceLock<Landing>,
    landed: Notify,
}

impl Flight {
    pub(crate) fn new(epoch: u64, key: Option<(IdempotencyKey, RequestHash)>, events: Vec<RecordedEvent>) -> Arc<Self> {
        Arc::new(Self { epoch, key, events, landing: OnceLock::new(), landed: Notify::new() })
    }

    pub(crate) fn events(&self) -> &[RecordedEvent] {
        &self.events
    }

    pub(crate) fn first_sequence(&self) -> u64 {
        self.events.first().map_or(0, |event| event.sequence)
    }

    pub(crate) fn last_sequence(&self) -> u64 {
        self.events.last().map_or(0, |event| event.sequence)
    }

    pub(crate) fn is_landed(&self) -> bool {
        self.landing.get().is_some()
    }

    /// Called by the slot, which has put its own books right before.
    pub(super) fn land(&self, landing: Landing) {
        let _ = self.landing.set(landing);
        self.landed.notify_waiters();
    }

    pub(crate) async fn landed(&self) -> &Landing {
        loop {
            // Made before the look: `notify_waiters` reaches it from then on.
            let notified = self.landed.notified();
            if let Some(landing) = self.landing.get() {
                return landing;
            }
            notified.await;
        }
    }

    /// The answer of a flight that landed at `position`.
    pub(crate) fn committed(self: Arc<Self>, position: u64, replayed: bool) -> Committed {
        let events = Arc::try_unwrap(self).map_or_else(|shared| shared.events.clone(), |flight| flight.events);
        Committed { events: positioned(events, position), replayed }
    }
}

/// Sets the positions of a command's events.
pub(crate) fn positioned(mut events: Vec<RecordedEvent>, first: u64) -> Vec<RecordedEvent> {
    for (event, position) in events.iter_mut().zip(first..) {
        event.position = position;
    }
    events
}

/// A flight's place in the writer's queue.
pub(crate) struct Departure {
    pub(crate) append: AppendCommand,
    /// Of its events.
    pub(crate) bytes: usize,
    pub(crate) ticket: Ticket,
}

/// Whoever holds it must land the flight; dropping it lands it as unavailable, so that nobody waits for ever on a
/// writer that is gone.
pub(crate) struct Ticket {
    flight: Arc<Flight>,
    lease: Lease,
    _permit: Arc<Permit>,
}

impl Ticket {
    pub(crate) fn new(flight: Arc<Flight>, lease: Lease, permit: Arc<Permit>) -> Self {
        Self { flight, lease, _permit: permit }
    }

    pub(crate) fn flight(&self) -> Arc<Flight> {
        Arc::clone(&self.flight)
    }

    /// Whether the state that the flight was decided on has been given up.
    pub(crate) fn is_stale(&self) -> bool {
        self.lease.slot().epoch() != self.flight.epoch
    }

    pub(crate) fn land(self, landing: Landing) {
        self.set_down(landing);
    }

    fn set_down(&self, landing: Landing) {
        let decides_existence = self.flight.first_sequence() == 1 || !matches!(landing, Landing::Durable { .. });
        self.lease.slot().land(&self.flight, landing);
        if decides_existence {
            self.lease.reconsider();
        }
    }
}

impl Drop for Ticket {
    fn drop(&mut self) {
        if !self.flight.is_landed() {
            self.set_down(Landing::Unavailable);
        }
    }
}
