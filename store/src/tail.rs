//! The newest events of each partition that this process has committed, in memory, for whoever follows the log beside the
//! writers: a table need not be read for what was here a moment ago.
//!
//! Invariant: what a partition's tail holds is contiguous and committed. Another node's events in between begin it anew,
//! and a reader of what it does not hold goes to the table.
//! Invariant: the writer neither waits nor copies an event here; the oldest are dropped when the tail is full.
//! Absent: the truth. A tail is a hint and a shortcut; the log is polled all the same.

use std::collections::VecDeque;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard};

use tokio::sync::watch;

use crate::engine::Flight;
use crate::log::{FeedLimit, FeedPage};
use crate::record::RecordedEvent;

/// Events that all tails together hold: some seconds of full load.
const EVENTS_MAX: usize = 65_536;
/// Bytes of their payloads and metadata, of all tails together: what a node can spare beside its cache.
const BYTES_MAX: usize = 64 * 1024 * 1024;

/// A command that was appended: the position of its first event, and the bytes of all of them.
pub(crate) struct Landed {
    pub(crate) position: u64,
    pub(crate) bytes: usize,
    pub(crate) flight: Arc<Flight>,
}

impl Landed {
    fn events(&self) -> usize {
        self.flight.events().len()
    }

    /// The position behind its last event.
    fn behind(&self) -> u64 {
        self.position + self.events() as u64
    }
}

/// By the positions of their first events.
type Commands = Vec<(u64, Arc<Flight>)>;

/// The tails of all partitions.
pub struct Tails {
    partitions: Vec<Partition>,
    /// Nothing is kept before somebody follows.
    followed: AtomicBool,
}

struct Partition {
    tail: Mutex<Tail>,
    /// The last position; a signal that lags behind nothing.
    end: watch::Sender<u64>,
}

#[derive(Default)]
struct Tail {
    commands: VecDeque<Landed>,
    events: usize,
    bytes: usize,
}

impl Tails {
    pub(crate) fn new(partitions: u16) -> Self {
        let partition = |_| Partition { tail: Mutex::default(), end: watch::Sender::new(0) };
        Self { partitions: (0..partitions).map(partition).collect(), followed: AtomicBool::new(false) }
    }

    /// A signal for each append of the partition, with its last position; events are kept from the first call on.
    #[must_use]
    pub fn follow(&self, partition: u16) -> watch::Receiver<u64> {
        self.followed.store(true, Ordering::Relaxed);
        self.partitions[usize::from(partition)].end.subscribe()
    }

    /// The events right behind `after`, as [`crate::log::Log::feed`] would answer them; `None` where the tail does not
    /// hold the first.
    #[must_use]
    pub fn read(&self, partition: u16, after: u64, limit: FeedLimit) -> Option<FeedPage> {
        let (landed, is_cut) = self.partitions[usize::from(partition)].lock().behind(after, limit)?;
        // Copied out of the lock, which the writer takes too.
        let events = landed.iter().flat_map(|(position, flight)| (*position..).zip(flight.events()));
        let events = events.skip_while(|(position, _)| *position <= after).take(limit.events as usize);
        let events = events.map(|(position, event)| Arc::new(RecordedEvent { position, ..event.clone() })).collect();
        Some(FeedPage { events, is_cut })
    }

    /// Takes what one append has committed, in the order of its positions.
    pub(crate) fn push(&self, partition: u16, landed: impl Iterator<Item = Landed>) {
        if !self.followed.load(Ordering::Relaxed) {
            return;
        }
        let share = self.partitions.len();
        let partition = &self.partitions[usize::from(partition)];
        let end = partition.lock().push(landed, EVENTS_MAX / share, BYTES_MAX / share);
        if let Some(end) = end {
            partition.end.send_replace(end);
        }
    }
}

impl Partition {
    fn lock(&self) -> MutexGuard<'_, Tail> {
        self.tail.lock().expect("no code panics while it holds a tail")
    }
}

impl Tail {
    fn push(&mut self, landed: impl Iterator<Item = Landed>, events_max: usize, bytes_max: usize) -> Option<u64> {
        for command in landed {
            if self.commands.back().is_some_and(|last| last.behind() != command.position) {
                *self = Self::default();
            }
            self.events += command.events();
            self.bytes += command.bytes;
            self.commands.push_back(command);
        }
        while (self.events > events_max || self.bytes > bytes_max)
            && let Some(oldest) = self.commands.pop_front()
        {
            self.events -= oldest.events();
            self.bytes -= oldest.bytes;
        }
        self.commands.back().map(|last| last.behind() - 1)
    }

    /// The commands that hold the events right behind `after`, and whether the limit ended them.
    fn behind(&self, after: u64, limit: FeedLimit) -> Option<(Commands, bool)> {
        let first = self.commands.partition_point(|command| command.behind() <= after + 1);
        self.commands.get(first).filter(|command| command.position <= after + 1)?;
        let (mut taken, mut events, mut bytes) = (Vec::new(), 0, 0);
        let is_cut = |events: usize, bytes: usize| events >= limit.events as usize || bytes >= limit.bytes;
        for command in self.commands.range(first..) {
            if is_cut(events, bytes) {
                break;
            }
            events += command.events();
            bytes += command.bytes;
            taken.push((command.position, Arc::clone(&command.flight)));
        }
        Some((taken, is_cut(events, bytes)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::MemoryLog;
    use crate::testing::{ManualClock, World};

    async fn landed(positions: std::ops::Range<u64>, bytes: usize) -> Vec<Landed> {
        let log = MemoryLog::new(1, Arc::new(ManualClock::new()));
        let (world, _node) = World::with_credits(Arc::new(log), 5).await;
        let events = world.events().await;
        let landed = |position| Landed { position, bytes, flight: Flight::new(1, None, events.clone()) };
        positions.map(landed).collect()
    }

    #[tokio::test]
    async fn c28_the_oldest_are_dropped_when_the_tail_is_full() {
        for (events_max, bytes_max) in [(3, 1_000_000), (1_000, 3 * 64)] {
            let mut tail = Tail::default();
            assert_eq!(tail.push(landed(1..11, 64).await.into_iter(), events_max, bytes_max), Some(10));
            assert_eq!((tail.commands.len(), tail.events, tail.bytes), (3, 3, 3 * 64));
            let limit = FeedLimit { events: 100, bytes: 1_000 };
            assert!(tail.behind(6, limit).is_none(), "7 was dropped");
            assert_eq!(tail.behind(7, limit).map(|(kept, is_cut)| (kept.len(), is_cut)), Some((3, false)));
        }
    }
}
