//! The organizations in memory, bounded by bytes.
//!
//! Invariant: an organization has one slot at a time: whoever uses a slot holds a lease, and only a slot without leases
//! is evicted.
//! Invariant: a slot of an organization that does not exist goes with its last lease (CORRECTNESS C25).
//! Absent: an exact order of use. Eviction gives a slot that was used since the last look a second chance, so that a hit
//! writes one flag and no list.

use std::collections::hash_map::RandomState;
use std::collections::{HashMap, VecDeque};
use std::hash::BuildHasher;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard};

use domain::OrganizationId;

use super::slot::Slot;

/// Independent parts of the cache, so that threads rarely meet at one lock: many times the cores of a machine.
const SHARDS: u64 = 64;
/// Slots that one eviction looks at, at most: when all are in use, it must not walk them all.
const LOOKS_MAX: usize = 64;

/// Why a slot is asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Use {
    Command,
    /// A sweep passes by the cache (CORRECTNESS C13): what it alone has loaded goes with it.
    Sweep,
}

pub(crate) struct Cache {
    shards: Vec<Shard>,
    hasher: RandomState,
    partitions: u16,
    shard_bytes_max: usize,
}

#[derive(Default)]
struct Shard {
    slots: Mutex<Slots>,
    bytes: AtomicUsize,
}

#[derive(Default)]
struct Slots {
    by_id: HashMap<OrganizationId, Arc<Cached>>,
    /// Every kept slot, and ids of some that are gone.
    ring: VecDeque<OrganizationId>,
}

/// A slot with the cache's own notes.
struct Cached {
    slot: Slot,
    /// To be kept without leases: the organization exists, and not only a sweep has asked for it.
    kept: AtomicBool,
    wanted: AtomicBool,
    used: AtomicBool,
    bytes: AtomicUsize,
}

impl Cache {
    pub(crate) fn new(partitions: u16, bytes_max: usize) -> Arc<Self> {
        let shards: Vec<Shard> = (0..SHARDS).map(|_| Shard::default()).collect();
        let shard_bytes_max = bytes_max / shards.len();
        Arc::new(Self { shards, hasher: RandomState::new(), partitions, shard_bytes_max })
    }

    pub(crate) fn lease(self: &Arc<Self>, organization: &OrganizationId, purpose: Use) -> Lease {
        let mut slots = self.shard(organization).slots();
        let cached = match slots.by_id.get(organization) {
            Some(cached) => Arc::clone(cached),
            None => {
                let cached = Arc::new(Cached {
                    slot: Slot::new(organization.clone(), organization.partition(self.partitions)),
                    kept: AtomicBool::new(false),
                    wanted: AtomicBool::new(false),
                    used: AtomicBool::new(false),
                    bytes: AtomicUsize::new(0),
                });
                slots.by_id.insert(organization.clone(), Arc::clone(&cached));
                cached
            }
        };
        drop(slots);
        if purpose == Use::Command {
            cached.wanted.store(true, Ordering::Relaxed);
            cached.used.store(true, Ordering::Relaxed);
        }
        Lease { cache: Arc::clone(self), cached: Some(cached) }
    }

    /// What all cached organizations occupy, roughly.
    pub(crate) fn bytes(&self) -> usize {
        self.shards.iter().map(|shard| shard.bytes.load(Ordering::Relaxed)).sum()
    }

    pub(crate) fn len(&self) -> usize {
        self.shards.iter().map(|shard| shard.slots().by_id.len()).sum()
    }

    fn shard(&self, organization: &OrganizationId) -> &Shard {
        let place = self.hasher.hash_one(organization) % SHARDS;
        &self.shards[usize::try_from(place).expect("there are few shards")]
    }

    fn trim(&self, shard: &Shard) {
        let mut slots = shard.slots();
        for _ in 0..LOOKS_MAX {
            if shard.bytes.load(Ordering::Relaxed) <= self.shard_bytes_max {
                return;
            }
            let Some(id) = slots.ring.pop_front() else { return };
            let Some(cached) = slots.by_id.get(&id) else { continue };
            let in_use = Arc::strong_count(cached) > 1;
            if in_use || cached.used.swap(false, Ordering::Relaxed) {
                slots.ring.push_back(id);
            } else {
                shard.remove(&mut slots, &id);
            }
        }
    }

    /// Removes a slot that is not to be kept, unless somebody holds a lease of it.
    fn leave(&self, organization: &OrganizationId) {
        let shard = self.shard(organization);
        let mut slots = shard.slots();
        let Some(cached) = slots.by_id.get(organization) else { return };
        if Arc::strong_count(cached) == 1 && !cached.kept.load(Ordering::Relaxed) {
            shard.remove(&mut slots, organization);
        }
    }
}

impl Shard {
    fn slots(&self) -> MutexGuard<'_, Slots> {
        self.slots.lock().expect("no code panics while it holds the slots")
    }

    fn remove(&self, slots: &mut Slots, organization: &OrganizationId) {
        if let Some(cached) = slots.by_id.remove(organization) {
            self.bytes.fetch_sub(cached.bytes.load(Ordering::Relaxed), Ordering::Relaxed);
        }
    }
}

/// The right to use a slot.
pub(crate) struct Lease {
    cache: Arc<Cache>,
    /// `None` only while it is dropped.
    cached: Option<Arc<Cached>>,
}

impl Lease {
    fn cached(&self) -> &Arc<Cached> {
        self.cached.as_ref().expect("taken only by drop")
    }

    pub(crate) fn slot(&self) -> &Slot {
        &self.cached().slot
    }

    /// Keeps the slot from its organization's first durable event on, and not before.
    pub(crate) fn reconsider(&self) {
        let cached = self.cached();
        let keep = cached.wanted.load(Ordering::Relaxed) && cached.slot.flushed() > 0;
        if cached.kept.swap(keep, Ordering::Relaxed) != keep && keep {
            let organization = cached.slot.organization().clone();
            self.cache.shard(&organization).slots().ring.push_back(organization);
        }
    }

    /// Notes what the slot occupies; evicts others where all of them are too much.
    pub(crate) fn weigh(&self, state_bytes: usize) {
        self.reconsider();
        let cached = self.cached();
        let shard = self.cache.shard(cached.slot.organization());
        let bytes = state_bytes + cached.slot.bytes();
        let before = cached.bytes.swap(bytes, Ordering::Relaxed);
        shard.bytes.fetch_add(bytes, Ordering::Relaxed);
        let sum = shard.bytes.fetch_sub(before, Ordering::Relaxed) - before;
        if sum > self.cache.shard_bytes_max {
            self.cache.trim(shard);
        }
    }
}

impl Clone for Lease {
    fn clone(&self) -> Self {
        Self { cache: Arc::clone(&self.cache), cached: self.cached.clone() }
    }
}

impl Drop for Lease {
    fn drop(&mut self) {
        let Some(cached) = self.cached.take() else { return };
        if cached.kept.load(Ordering::Relaxed) {
            return;
        }
        let organization = cached.slot.organization().clone();
        // Let go first: the last of several leases that end at once must find itself the last.
        drop(cached);
        self.cache.leave(&organization);
    }
}
