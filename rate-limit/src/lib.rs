//! Requests a second with a burst, counted for each key of many: for the ledger's API, and for the services that it
//! charges for.
//!
//! Invariant: a key that has taken its burst gets `per_second` more a second, and nothing is kept of it that memory is not
//! bounded for: past [`KEYS_MAX`] keys the one that was silent for longest begins anew with a full burst.
//! Absent: agreement between processes. Each counts for itself, so `n` of them let through up to `n` times the rate.

mod bucket;
mod headers;

use std::hash::Hash;
use std::num::NonZeroU32;
use std::sync::Arc;

use moka::policy::EvictionPolicy;
use moka::sync::Cache;

pub use bucket::{Bucket, Standing, Taken};
pub use headers::{RATELIMIT_LIMIT, RATELIMIT_REMAINING, RATELIMIT_RESET, announce};

/// Keys that are counted at once: some 200 bytes each, and more than a node meets within the seconds that a bucket takes to
/// fill again.
pub const KEYS_MAX: u64 = 100_000;

/// How often.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Rate {
    pub per_second: NonZeroU32,
    /// How many may come at once after a silence.
    pub burst: NonZeroU32,
}

impl Rate {
    /// `None` where one of the numbers is zero: nothing could ever come.
    #[must_use]
    pub fn new(per_second: u32, burst: u32) -> Option<Self> {
        Some(Self { per_second: NonZeroU32::new(per_second)?, burst: NonZeroU32::new(burst)? })
    }
}

/// A bucket for each key. Cheap to clone; clones count together.
#[derive(Clone, Debug)]
pub struct Buckets<K: Hash + Eq + Send + Sync + 'static> {
    // The newest key is always let in: a policy that keeps the popular ones would never count a new one of a full cache.
    // By rate, too: callers who can choose among rates, by route or by plan, would else begin anew with every change.
    cache: Cache<(K, Rate), Arc<Bucket>>,
}

impl<K: Hash + Eq + Clone + Send + Sync + 'static> Default for Buckets<K> {
    fn default() -> Self {
        Self::with_room_for(KEYS_MAX)
    }
}

impl<K: Hash + Eq + Clone + Send + Sync + 'static> Buckets<K> {
    #[must_use]
    pub fn with_room_for(keys: u64) -> Self {
        Self { cache: Cache::builder().max_capacity(keys).eviction_policy(EvictionPolicy::lru()).build() }
    }

    /// Takes one of the key's requests at this rate. Each rate of a key counts for itself.
    pub fn take(&self, key: &K, rate: Rate) -> Taken {
        // Of two first requests at once, both count in the same bucket.
        self.cache.get_with((key.clone(), rate), || Arc::new(Bucket::new(rate))).take()
    }

    /// Keys that are counted, roughly.
    #[must_use]
    pub fn count(&self) -> u64 {
        self.cache.run_pending_tasks();
        self.cache.entry_count()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rate(per_second: u32, burst: u32) -> Rate {
        Rate::new(per_second, burst).expect("more than nothing")
    }

    #[test]
    fn each_key_has_its_own() {
        let buckets = Buckets::default();
        assert!(buckets.take(&"a", rate(1, 1)).wait.is_none());
        assert!(buckets.take(&"a", rate(1, 1)).wait.is_some());
        assert!(buckets.take(&"b", rate(1, 1)).wait.is_none());
        assert!(buckets.take(&"a", rate(1, 2)).wait.is_none(), "another rate counts for itself");
        assert!(buckets.take(&"a", rate(1, 1)).wait.is_some(), "nothing begins anew by another rate between");
    }

    #[test]
    fn memory_is_bounded_and_a_new_key_is_counted_all_the_same() {
        let buckets = Buckets::with_room_for(100);
        for key in 0..10_000 {
            buckets.take(&key, rate(1, 1));
        }
        assert!(buckets.count() <= 100, "{}", buckets.count());
        assert!(buckets.take(&10_000, rate(1, 1)).wait.is_none());
        assert!(buckets.take(&10_000, rate(1, 1)).wait.is_some(), "a key that came last is kept");
    }
}
