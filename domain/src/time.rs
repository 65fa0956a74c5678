//! Instants. The domain has no clock: every time enters with a command.

use chrono::{DateTime, Datelike, SubsecRound, TimeZone, Utc};

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

/// The calendar month (UTC) of an instant, as one number: year * 12 + month.
#[must_use]
pub fn month_of(at: Timestamp) -> i32 {
    at.year() * 12 + i32::try_from(at.month0()).unwrap_or(0)
}

/// The first instant of the calendar month (UTC) after the instant's own.
#[must_use]
pub fn start_of_next_month(at: Timestamp) -> Option<Timestamp> {
    let (year, month) = if at.month() == 12 { (at.year() + 1, 1) } else { (at.year(), at.month() + 1) };
    Utc.with_ymd_and_hms(year, month, 1, 0, 0, 0).single()
}
