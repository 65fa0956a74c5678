//! A clock that stands until it is moved.

use std::sync::Mutex;

use chrono::{TimeDelta, TimeZone, Utc};
use domain::Timestamp;

use crate::clock::Clock;

pub struct ManualClock(Mutex<Timestamp>);

impl ManualClock {
    /// Begins at a fixed instant, with nanoseconds that the engine must cut.
    #[must_use]
    pub fn new() -> Self {
        let start = Utc.with_ymd_and_hms(2026, 3, 1, 12, 0, 0).single().expect("one instant");
        Self(Mutex::new(start + TimeDelta::nanoseconds(1_234_567)))
    }

    pub fn advance_seconds(&self, seconds: i64) {
        let mut now = self.0.lock().expect("no code panics while it holds the time");
        *now += TimeDelta::seconds(seconds);
    }
}

impl Default for ManualClock {
    fn default() -> Self {
        Self::new()
    }
}

impl Clock for ManualClock {
    fn now(&self) -> Timestamp {
        *self.0.lock().expect("no code panics while it holds the time")
    }
}
