//! Bounds of the runner.

use std::time::Duration;

use store::log::FeedLimit;

/// What a runner bounds itself by. The defaults are right for a server; tests make them small.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    /// One batch: some hundredths of a second of work, so that no transaction is long, and a few megabytes.
    pub batch: FeedLimit,
    /// One batch of a rebuild, which nobody waits for: fewer transactions and larger statements.
    pub rebuild_batch: FeedLimit,
    /// How often the ends of all partitions are polled: what another node writes is seen within it.
    pub poll: Duration,
    /// Partitions projected at once: more connections than the database has cores gain nothing.
    pub at_once: usize,
    /// A partition that has caught up rests this many times as long as its last batch took: its statements cost a twentieth
    /// of a processor at most while there is little to do, and are few while there is much, because a batch writes a row
    /// once, however many of its events change it. Measured at full load: a command costs a sixth less than with pauses of
    /// 50 ms.
    pub rest: u32,
    /// The longest pause between two batches of a partition: a quarter of the second that lag may reach. A query that
    /// waits for its own write ends the pause.
    pub pause_max: Duration,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            batch: FeedLimit { events: 2_000, bytes: 8 * 1024 * 1024 },
            rebuild_batch: FeedLimit { events: 10_000, bytes: 32 * 1024 * 1024 },
            poll: Duration::from_millis(50),
            at_once: 4,
            rest: 20,
            pause_max: Duration::from_millis(250),
        }
    }
}

/// The longest that a batch or a poll waits for the database: past every timeout of its session, and a thousand times what
/// a batch takes. TCP alone does not end a wait whose question arrived.
pub(crate) const ANSWER_MAX: Duration = Duration::from_secs(40);
/// The same for a batch of a rebuild, which is larger and has no index to be fast by.
pub(crate) const REBUILD_ANSWER_MAX: Duration = Duration::from_secs(300);
/// Whoever gets no connection in this time tries again later.
pub(crate) const ACQUIRE_TIMEOUT: Duration = Duration::from_secs(5);
/// After a failure of the database: first and longest pause.
pub(crate) const FAILURE_PAUSE_MIN: Duration = Duration::from_millis(100);
pub(crate) const FAILURE_PAUSE_MAX: Duration = Duration::from_secs(5);
/// A stopped projector is tried again after this, doubled each time ...
pub(crate) const RETRY_MIN: Duration = Duration::from_secs(1);
/// ... up to this: a repaired table or a new program is noticed without anybody's help.
pub(crate) const RETRY_MAX: Duration = Duration::from_secs(300);
/// Bytes of a recorded reason: a sentence, not a page of SQL.
pub(crate) const REASON_BYTES_MAX: usize = 500;
/// How long shutting down waits for batches under way; one that is cut off is rolled back.
pub(crate) const DRAIN_MAX: Duration = Duration::from_secs(10);
