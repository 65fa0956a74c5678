//! How calls of the ledger are repeated: with the same key, later each time, with chance in it.

use std::time::Duration;

use tokio::time::Instant;

/// The first pause, on average half of it: a server that restarts answers soon.
const PAUSE_FIRST: Duration = Duration::from_millis(50);
/// The longest pause: a ledger that is back is found within seconds.
const PAUSE_MAX: Duration = Duration::from_secs(2);

/// When to ask again, and until when.
pub(crate) struct Patience {
    until: Instant,
    tries: u32,
}

impl Patience {
    pub(crate) fn new(within: Duration) -> Self {
        Self { until: Instant::now() + within, tries: 0 }
    }

    /// What is left for a try.
    pub(crate) fn left(&self) -> Duration {
        self.until.saturating_duration_since(Instant::now())
    }

    /// Pauses before the next try. `false` when there is no time for one.
    pub(crate) async fn pause(&mut self, retry_after: Option<Duration>) -> bool {
        let pause = pause(self.tries, retry_after, rand::random_range(0..=1_000));
        self.tries += 1;
        if pause >= self.left() {
            return false;
        }
        tokio::time::sleep(pause).await;
        true
    }
}

/// Anything up to a bound that doubles with each try, on top of what the server asked for.
fn pause(tries: u32, retry_after: Option<Duration>, permille: u32) -> Duration {
    let bound = PAUSE_FIRST.saturating_mul(1 << tries.min(16)).min(PAUSE_MAX);
    retry_after.unwrap_or_default() + bound * permille / 1_000
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pauses_grow_to_a_bound_and_respect_the_server() {
        assert_eq!(pause(0, None, 1_000), PAUSE_FIRST);
        assert_eq!(pause(1, None, 500), PAUSE_FIRST);
        assert_eq!(pause(60, None, 1_000), PAUSE_MAX);
        assert_eq!(pause(3, Some(Duration::from_secs(1)), 0), Duration::from_secs(1));
    }
}
