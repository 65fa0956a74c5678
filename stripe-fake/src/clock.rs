//! The simulation's time: the machine's, moved by what a test asks for.

/// The version of the API that objects have, as async-stripe has it.
pub const API_VERSION: &str = "2026-09-30.endive";

/// Seconds since 1970, moved.
#[derive(Clone, Copy, Debug, Default)]
pub struct Clock {
    pub offset_seconds: i64,
}

impl Clock {
    #[must_use]
    #[expect(clippy::disallowed_methods, reason = "the simulation is a machine of its own, with a clock of its own")]
    pub fn now(self) -> i64 {
        let since = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH);
        let seconds = since.expect("the machine's clock is past 1970").as_secs();
        i64::try_from(seconds).expect("seconds since 1970 fit for long") + self.offset_seconds
    }
}
