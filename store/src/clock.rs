//! Where time enters.

use std::sync::LazyLock;
use std::time::Instant;

use domain::Timestamp;

/// Where the clock that is never set began.
static STEADY_ORIGIN: LazyLock<Instant> = LazyLock::new(Instant::now);

/// The one clock of a process; `api` implements it, everything else is handed it.
pub trait Clock: Send + Sync + 'static {
    /// Now, cut to the microsecond.
    fn now(&self) -> Timestamp;

    /// Now by the machine itself, to be compared with the database's clock: differs from [`Self::now`] only where a
    /// test moves the ledger's time.
    fn machine_now(&self) -> Timestamp {
        self.now()
    }

    /// How far the machine's clock is ahead of one that is never set, in microseconds: the same at every look, until
    /// somebody sets the machine's clock, or suspends the machine, which the other one does not count.
    fn ahead_of_steady_micros(&self) -> i64 {
        let steady = i64::try_from(STEADY_ORIGIN.elapsed().as_micros()).unwrap_or(i64::MAX);
        self.machine_now().timestamp_micros() - steady
    }
}
