//! Room in a partition's queue, taken before the organization's lock (CORRECTNESS C7), given back when the last flight
//! that shares it has landed. Nobody waits for a permit: a full queue is answered at once.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use super::cache::Lease;

/// Room for some commands of one organization.
pub(crate) struct Permit {
    partition: Arc<AtomicUsize>,
    lease: Lease,
    commands: usize,
}

impl Permit {
    /// `None` where the partition or the organization has no room for all of them.
    pub(crate) fn try_take(
        partition: &Arc<AtomicUsize>,
        partition_max: usize,
        lease: &Lease,
        organization_max: usize,
        commands: usize,
    ) -> Option<Arc<Self>> {
        if !add(partition, commands, partition_max) {
            return None;
        }
        if !add(lease.slot().permits(), commands, organization_max) {
            partition.fetch_sub(commands, Ordering::SeqCst);
            return None;
        }
        Some(Arc::new(Self { partition: Arc::clone(partition), lease: lease.clone(), commands }))
    }
}

fn add(counter: &AtomicUsize, more: usize, max: usize) -> bool {
    let add = |taken: usize| taken.checked_add(more).filter(|sum| *sum <= max);
    counter.fetch_update(Ordering::SeqCst, Ordering::SeqCst, add).is_ok()
}

impl Drop for Permit {
    fn drop(&mut self) {
        self.lease.slot().permits().fetch_sub(self.commands, Ordering::SeqCst);
        self.partition.fetch_sub(self.commands, Ordering::SeqCst);
    }
}
