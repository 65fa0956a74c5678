//! Where time enters.

use domain::Timestamp;

/// The one clock of a process; `api` implements it, everything else is handed it.
pub trait Clock: Send + Sync + 'static {
    /// Now, cut to the microsecond.
    fn now(&self) -> Timestamp;

    /// Now by the machine itself, to be compared with the database's clock: differs from [`Self::now`] only where a
    /// test moves the ledger's time.
    fn machine_now(&self) -> Timestamp {
        self.now()
    }
}
