//! One organization in memory: its lock, its speculative state, and its flights.
//!
//! Invariant: an epoch is one load of the state. A flight that does not land durably ends its epoch, and with it every
//! flight behind it; the next load waits until none is under way (CORRECTNESS C7).
//! Invariant: the state is changed, and its flight put into the queue, without an await in between.

use std::collections::{HashMap, VecDeque};
use std::sync::atomic::AtomicUsize;
use std::sync::{Arc, Mutex, MutexGuard};

use domain::{EntityId, Event, IdempotencyKey, OrganizationId};
use tokio::sync::{Notify, OwnedMutexGuard};

use super::flight::{Flight, Landing};
use super::head::Head;
use super::limits::RECENT_KEYS_MAX;

/// What the organization's lock guards.
#[derive(Default)]
pub(crate) struct Desk {
    /// The epoch of `head`.
    pub(crate) epoch: u64,
    pub(crate) head: Option<Head>,
}

/// What must become durable before a judgement on the cached state may leave.
pub(crate) enum Awaited {
    /// The state is durable.
    Nothing,
    Flight(Arc<Flight>),
    /// The state had been given up when it was judged: it never becomes durable.
    Never,
}

/// Where a key was seen.
#[derive(Clone)]
pub(crate) enum KeyPlace {
    InFlight(Arc<Flight>),
    /// In the log.
    Landed,
}

pub(crate) struct Slot {
    organization: OrganizationId,
    partition: u16,
    desk: Arc<tokio::sync::Mutex<Desk>>,
    flights: Mutex<Flights>,
    all_landed: Notify,
    permits: AtomicUsize,
}

#[derive(Default)]
struct Flights {
    epoch: u64,
    /// In stream order.
    queue: VecDeque<Arc<Flight>>,
    /// The last sequence that this epoch has made or found durable.
    flushed: u64,
    keys: HashMap<IdempotencyKey, KeyPlace>,
    /// The landed ones of `keys`, oldest first.
    recent: VecDeque<IdempotencyKey>,
}

impl Slot {
    pub(crate) fn new(organization: OrganizationId, partition: u16) -> Self {
        Self {
            organization,
            partition,
            desk: Arc::default(),
            flights: Mutex::default(),
            all_landed: Notify::new(),
            permits: AtomicUsize::new(0),
        }
    }

    pub(crate) fn organization(&self) -> &OrganizationId {
        &self.organization
    }

    pub(crate) fn partition(&self) -> u16 {
        self.partition
    }

    pub(crate) fn permits(&self) -> &AtomicUsize {
        &self.permits
    }

    pub(crate) async fn lock(&self) -> OwnedMutexGuard<Desk> {
        Arc::clone(&self.desk).lock_owned().await
    }

    pub(crate) fn try_lock(&self) -> Option<OwnedMutexGuard<Desk>> {
        Arc::clone(&self.desk).try_lock_owned().ok()
    }

    /// Drops the state of an epoch that has ended; answers whether the desk is without one.
    pub(crate) fn gives_up_old_state(&self, desk: &mut Desk) -> bool {
        if desk.epoch != self.epoch() {
            desk.head = None;
        }
        desk.head.is_none()
    }

    fn flights(&self) -> MutexGuard<'_, Flights> {
        self.flights.lock().expect("no code panics while it holds the flights")
    }

    pub(crate) fn epoch(&self) -> u64 {
        self.flights().epoch
    }

    /// The last sequence known to be durable.
    pub(crate) fn flushed(&self) -> u64 {
        self.flights().flushed
    }

    /// Gives up the state of `epoch`, if that is still the current one.
    pub(crate) fn end_epoch(&self, epoch: u64) {
        let mut flights = self.flights();
        if flights.epoch == epoch {
            flights.epoch += 1;
        }
    }

    /// Begins an epoch on a state that is durable up to `sequence`.
    pub(crate) fn begin_epoch(&self, sequence: u64) -> u64 {
        let mut flights = self.flights();
        debug_assert!(flights.queue.is_empty(), "a state is loaded only when no flight is under way");
        flights.epoch += 1;
        flights.flushed = sequence;
        flights.epoch
    }

    pub(crate) fn is_grounded(&self) -> bool {
        self.flights().queue.is_empty()
    }

    /// Waits until no flight is under way. The caller holds the lock, so none takes off meanwhile.
    pub(crate) async fn grounded(&self) {
        loop {
            let notified = self.all_landed.notified();
            if self.is_grounded() {
                return;
            }
            notified.await;
        }
    }

    pub(crate) fn take_off(&self, flight: Arc<Flight>) {
        let mut flights = self.flights();
        if let Some((key, _)) = &flight.key {
            flights.keys.insert(key.clone(), KeyPlace::InFlight(Arc::clone(&flight)));
        }
        flights.queue.push_back(flight);
    }

    pub(crate) fn land(&self, flight: &Arc<Flight>, landing: Landing) {
        let mut flights = self.flights();
        flights.remove(flight);
        flights.remember(flight, &landing);
        match landing {
            Landing::Durable { .. } if flights.epoch == flight.epoch => flights.flushed = flight.last_sequence(),
            Landing::Durable { .. } => {}
            Landing::Again | Landing::Duplicate | Landing::Rejected(_) | Landing::Unavailable => {
                if flights.epoch == flight.epoch {
                    flights.epoch += 1;
                }
            }
        }
        let grounded = flights.queue.is_empty();
        drop(flights);
        flight.land(landing);
        if grounded {
            self.all_landed.notify_waiters();
        }
    }

    pub(crate) fn key(&self, key: &IdempotencyKey) -> Option<KeyPlace> {
        self.flights().keys.get(key).cloned()
    }

    /// Forgets a landed key that the log turned out not to have.
    pub(crate) fn forget(&self, key: &IdempotencyKey) {
        let mut flights = self.flights();
        if matches!(flights.keys.get(key), Some(KeyPlace::Landed)) {
            flights.keys.remove(key);
            flights.recent.retain(|recent| recent != key);
        }
    }

    /// What the state of `epoch` waits for. Asked with the epoch: a flight that has failed is no longer in the queue, and
    /// the state that it left behind would look durable.
    pub(crate) fn awaited(&self, epoch: u64) -> Awaited {
        let flights = self.flights();
        if flights.epoch != epoch {
            return Awaited::Never;
        }
        flights.queue.back().map_or(Awaited::Nothing, |last| Awaited::Flight(Arc::clone(last)))
    }

    /// The flight under way that holds this sequence.
    fn flight_with(&self, sequence: u64) -> Option<Arc<Flight>> {
        let flights = self.flights();
        let place = flights.queue.partition_point(|flight| flight.last_sequence() < sequence);
        flights.queue.get(place).filter(|flight| flight.first_sequence() <= sequence).cloned()
    }

    /// Whether what was judged at `sequence` in `epoch` still holds when the log's stream ends at `log_sequence`: behind
    /// it there are only rows that this epoch has written itself, so no other node has come between.
    pub(crate) async fn stands(&self, epoch: u64, sequence: u64, log_sequence: u64) -> bool {
        if log_sequence == sequence {
            return true;
        }
        if let Some(flight) = self.flight_with(log_sequence) {
            flight.landed().await;
        }
        let flights = self.flights();
        flights.epoch == epoch && sequence < log_sequence && log_sequence <= flights.flushed
    }

    /// The entity's events that are not known to be durable, and the sequence up to which the log has the others
    /// (CORRECTNESS C8). `sequence` is the state's; `None` where the state of `epoch` has been given up, and with it the
    /// flights whose events it holds.
    pub(crate) fn unflushed(&self, epoch: u64, entity: EntityId, sequence: u64) -> Option<(u64, Vec<(u64, Event)>)> {
        let flights = self.flights();
        if flights.epoch != epoch {
            return None;
        }
        let durable = flights.queue.front().map_or(sequence, |flight| flight.first_sequence() - 1);
        let events = flights.queue.iter().flat_map(|flight| flight.events());
        let events = events.filter(|event| event.entity_id == Some(entity));
        Some((durable, events.map(|event| (event.sequence, event.event.clone())).collect()))
    }

    /// Roughly what the slot occupies beside the state.
    pub(crate) fn bytes(&self) -> usize {
        /// A key of ordinary length with its two entries.
        const KEY_BYTES: usize = 160;
        size_of::<Self>() + self.flights().keys.len() * KEY_BYTES
    }
}

impl Flights {
    fn remove(&mut self, flight: &Arc<Flight>) {
        match self.queue.front() {
            Some(front) if Arc::ptr_eq(front, flight) => {
                self.queue.pop_front();
            }
            Some(_) | None => self.queue.retain(|other| !Arc::ptr_eq(other, flight)),
        }
    }

    fn remember(&mut self, flight: &Arc<Flight>, landing: &Landing) {
        let Some((key, _)) = &flight.key else { return };
        match landing {
            Landing::Durable { .. } | Landing::Duplicate => {
                self.keys.insert(key.clone(), KeyPlace::Landed);
                self.recent.push_back(key.clone());
                if self.recent.len() > RECENT_KEYS_MAX
                    && let Some(oldest) = self.recent.pop_front()
                {
                    self.keys.remove(&oldest);
                }
            }
            Landing::Again | Landing::Rejected(_) | Landing::Unavailable => {
                self.keys.remove(key);
            }
        }
    }
}
