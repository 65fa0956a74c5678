//! Bounds of the engine.

use std::time::Duration;

/// What a node bounds itself by. The defaults are right for a server; tests make them small.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    /// Commands of one partition between their permit and their answer: half a second's work at full load, so that
    /// whoever waits longer is told at once.
    pub permits: usize,
    /// Of these, for one organization: a quarter, so that a hot one leaves room for others, and above the 1,000
    /// commands of the largest request.
    pub organization_permits: usize,
    /// Commands of one append: beyond this a larger batch saves no round trip worth its latency.
    pub batch_commands: usize,
    /// Bytes of events of one append: a few hundred large events, far below what PostgreSQL takes in one message.
    pub batch_bytes: usize,
    /// Questions of one read of heads and keys, as for an append.
    pub questions: usize,
    /// Pages of the log that are read for callers at once: half of the connections, so that the other half answers
    /// commands.
    pub pages: usize,
    /// Bytes of cached organizations: a few hundred thousand ordinary ones.
    pub cache_bytes: usize,
    /// Organizations that a sweep settles at once: a tenth of the permits (CORRECTNESS C13).
    pub sweep_permits: usize,
    /// Connections that sweepers use at once: a couple of the readers', so that what commands wait for never stands behind
    /// all that falls due at one instant.
    pub sweep_readers: usize,
    /// A quarter of the 2 s within which an overdue fact is settled.
    pub sweep_interval: Duration,
    /// A few seconds: clocks drift slowly.
    pub clock_interval: Duration,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            permits: 8_192,
            organization_permits: 2_048,
            batch_commands: 512,
            batch_bytes: 4 * 1024 * 1024,
            questions: 512,
            pages: 4,
            cache_bytes: 256 * 1024 * 1024,
            sweep_permits: 819,
            sweep_readers: 2,
            sweep_interval: Duration::from_millis(500),
            clock_interval: Duration::from_secs(3),
        }
    }
}

/// Keys of one organization that are remembered after their commit: a retry soon after is answered from the log
/// without a failed append; any other costs one.
pub(crate) const RECENT_KEYS_MAX: usize = 64;
/// A snapshot is due after this many events (CORRECTNESS C11) ...
pub(crate) const SNAPSHOT_EVENTS_MIN: u64 = 256;
/// ... and this many times its own size in events, so that snapshots are at most a fifth of what is written.
pub(crate) const SNAPSHOT_BYTES_FACTOR: usize = 4;
/// Rounds that a command loses to other nodes before it takes a turn (CORRECTNESS C5).
pub(crate) const CONFLICTS_BEFORE_TURN: usize = 2;
/// How far the node's clock may be from the database's (CORRECTNESS C12).
pub(crate) const CLOCK_DIFFERENCE_MAX: Duration = Duration::from_secs(1);
/// How long a command waits for the first comparison of clocks after the start.
pub(crate) const FIRST_CLOCK_CHECK_WAIT: Duration = Duration::from_secs(5);
/// Between tries while the clocks have never been compared.
pub(crate) const FIRST_CLOCK_CHECK_PAUSE: Duration = Duration::from_millis(100);
/// What a refused-for-now caller is told to wait: a queue drains in less.
pub(crate) const RETRY_AFTER: Duration = Duration::from_secs(1);
/// Between tries to learn what became of a lost append: first and longest pause.
pub(crate) const READ_BACK_PAUSE_MIN: Duration = Duration::from_millis(20);
pub(crate) const READ_BACK_PAUSE_MAX: Duration = Duration::from_secs(1);
/// How long a sweep waits for one organization that is busy, before it leaves it to the next: half of the 2 s within which the
/// others of its partition are to be settled (CORRECTNESS C13).
pub(crate) const SWEEP_PATIENCE: Duration = Duration::from_secs(1);
/// Between looks whether a shutdown has drained.
pub(crate) const DRAIN_PAUSE: Duration = Duration::from_millis(2);
