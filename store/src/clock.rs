//! Where time enters.

use domain::Timestamp;

/// The one clock of a process; `api` implements it, everything else is handed it.
pub trait Clock: Send + Sync + 'static {
    /// Now, cut to the microsecond.
    fn now(&self) -> Timestamp;
}
