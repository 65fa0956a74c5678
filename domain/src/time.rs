//! Instants. The domain has no clock: every time enters with a command.

use chrono::{DateTime, SubsecRound, TimeZone, Utc};

/// An instant, to the microsecond (what PostgreSQL keeps).
pub type Timestamp = DateTime<Utc>;

/// Cuts an instant to the microsecond, so that it comes back from the database as it went in.
#[must_use]
pub fn to_micros(at: Timestamp) -> Timestamp {
    at.trunc_subsecs(6)
}

/// The end of what a `timestamptz` and RFC 3339 can both write: year 10000 (CORRECTNESS C12).
#[must_use]
pub fn end_of_time() -> Timestamp {
    Utc.with_ymd_and_hms(9999, 12, 31, 23, 59, 59).single().expect("the last second of 9999 is one instant")
}
