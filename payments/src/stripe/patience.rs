//! How long an answer is waited for, and when the same request is sent again.

use std::time::Duration;

/// How patient a gateway is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Patience {
    pub connect: Duration,
    /// For one try.
    pub answer: Duration,
    /// For all tries together: whoever waits for us has a patience, too.
    pub overall: Duration,
    pub tries_max: u32,
    /// Before the second try; doubled for each one after it.
    pub backoff: Duration,
}

/// No wait between two tries is longer: Stripe's own libraries do not wait longer either.
const BACKOFF_MAX: Duration = Duration::from_secs(5);

impl Default for Patience {
    fn default() -> Self {
        Self {
            connect: Duration::from_secs(5),
            answer: Duration::from_secs(10),
            // Two calls in a row, as a checkout makes, fit into the half minute that a request may take.
            overall: Duration::from_secs(14),
            tries_max: 3,
            backoff: Duration::from_millis(500),
        }
    }
}

impl Patience {
    /// The wait before the next try, from half to all of the backoff by `dice` (of 1,000), so that those who failed
    /// together do not return together. `None`: no more tries.
    #[must_use]
    pub fn pause(&self, tries: u32, elapsed: Duration, dice: u32) -> Option<Duration> {
        if tries >= self.tries_max {
            return None;
        }
        let doubled = self.backoff.saturating_mul(2_u32.saturating_pow(tries.saturating_sub(1))).min(BACKOFF_MAX);
        let pause = doubled / 2 + doubled / 2 * dice.min(1000) / 1000;
        (elapsed + pause < self.overall).then_some(pause)
    }

    /// How long one try may take.
    #[must_use]
    pub fn left(&self, elapsed: Duration) -> Duration {
        self.answer.min(self.overall.saturating_sub(elapsed))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pauses_double_with_jitter_and_end() {
        let patience = Patience { tries_max: 4, ..Patience::default() };
        let pause = |tries, dice| patience.pause(tries, Duration::ZERO, dice);
        let milliseconds = |n| Some(Duration::from_millis(n));
        assert_eq!((pause(1, 0), pause(1, 1000)), (milliseconds(250), milliseconds(500)));
        assert_eq!((pause(2, 0), pause(3, 1000)), (milliseconds(500), milliseconds(2000)));
        assert_eq!(pause(4, 0), None);
        assert_eq!(patience.pause(1, Duration::from_secs(25), 0), None);
        assert_eq!(patience.left(Duration::from_secs(13)), Duration::from_secs(1));
    }
}
