//! The one clock of the process, and the only file that may read the system's.

#[cfg(feature = "test-clock")]
mod offset;

use chrono::Utc;
use domain::Timestamp;
use domain::time::to_micros;
use store::Clock;

/// The system's clock; with the feature `test-clock`, moved by what a test wrote into a file.
#[derive(Debug, Default)]
pub struct SystemClock {
    #[cfg(feature = "test-clock")]
    offset: offset::Offset,
}

impl SystemClock {
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }
}

impl Clock for SystemClock {
    fn now(&self) -> Timestamp {
        let now = self.machine_now();
        #[cfg(feature = "test-clock")]
        let now = to_micros(now + self.offset.read());
        now
    }

    #[expect(clippy::disallowed_methods, reason = "this is the place that the rule points to")]
    fn machine_now(&self) -> Timestamp {
        to_micros(Utc::now())
    }
}
