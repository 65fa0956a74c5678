//! A clock that stands until it is moved.

use std::sync::Mutex;

use chrono::{TimeDelta, TimeZone, Utc};
use domain::Timestamp;

use crate::clock::Clock;

pub struct ManualClock {
    now: Mutex<Timestamp>,
    jump: Mutex<TimeDelta>,
    stepped: Mutex<TimeDelta>,
}

impl ManualClock {
    /// Begins at a fixed instant, with nanoseconds that the engine must cut.
    #[must_use]
    pub fn new() -> Self {
        let start = Utc.with_ymd_and_hms(2026, 3, 1, 12, 0, 0).single().expect("one instant");
        Self {
            now: Mutex::new(start + TimeDelta::nanoseconds(1_234_567)),
            jump: Mutex::default(),
            stepped: Mutex::default(),
        }
    }

    pub fn advance_seconds(&self, seconds: i64) {
        let mut now = self.now.lock().expect("no code panics while it holds the time");
        *now += TimeDelta::seconds(seconds);
    }

    /// Sets the clock, without time passing.
    pub fn step_seconds(&self, seconds: i64) {
        *self.stepped.lock().expect("no code panics while it holds the step") += TimeDelta::seconds(seconds);
        self.advance_seconds(seconds);
    }

    /// Lets time pass right after the next look at the clock.
    pub fn jump_after_next_look(&self, seconds: i64) {
        *self.jump.lock().expect("no code panics while it holds the jump") = TimeDelta::seconds(seconds);
    }
}

impl Default for ManualClock {
    fn default() -> Self {
        Self::new()
    }
}

impl Clock for ManualClock {
    fn now(&self) -> Timestamp {
        let mut now = self.now.lock().expect("no code panics while it holds the time");
        let seen = *now;
        *now += std::mem::take(&mut *self.jump.lock().expect("no code panics while it holds the jump"));
        seen
    }

    fn machine_now(&self) -> Timestamp {
        *self.now.lock().expect("no code panics while it holds the time")
    }

    fn ahead_of_steady_micros(&self) -> i64 {
        let stepped = *self.stepped.lock().expect("no code panics while it holds the step");
        stepped.num_microseconds().expect("a case steps by seconds")
    }
}
