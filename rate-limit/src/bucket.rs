//! One key's requests (the generic cell rate algorithm of `governor`).

use std::num::NonZeroU32;
use std::time::Duration;

use governor::clock::{Clock, MonotonicClock};
use governor::middleware::StateInformationMiddleware;
use governor::state::{InMemoryState, NotKeyed};
use governor::{Quota, RateLimiter};

use crate::Rate;

/// What a key has left.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Standing {
    /// The burst.
    pub limit: u32,
    pub remaining: u32,
    /// Until the whole burst may come again, in seconds, rounded up.
    pub reset_seconds: u32,
}

/// What became of one request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Taken {
    pub standing: Standing,
    /// It came too early, by this much; `None`: it may go on.
    pub wait: Option<Duration>,
}

/// What one key may still do.
#[derive(Debug)]
pub struct Bucket<C: Clock = MonotonicClock> {
    rate: Rate,
    limiter: RateLimiter<NotKeyed, InMemoryState, C, StateInformationMiddleware>,
}

impl Bucket {
    #[must_use]
    pub fn new(rate: Rate) -> Self {
        Self::with_clock(rate, MonotonicClock)
    }
}

impl<C: Clock> Bucket<C> {
    fn with_clock(rate: Rate, clock: C) -> Self {
        let quota = Quota::per_second(rate.per_second).allow_burst(rate.burst);
        Self { rate, limiter: RateLimiter::direct_with_clock(quota, clock).with_middleware() }
    }

    pub fn take(&self) -> Taken {
        match self.limiter.check() {
            Ok(snapshot) => Taken { standing: self.standing(snapshot.remaining_burst_capacity()), wait: None },
            Err(not_until) => {
                let wait = not_until.wait_time_from(self.limiter.clock().now());
                Taken { standing: self.standing(0), wait: Some(wait) }
            }
        }
    }

    fn standing(&self, remaining: u32) -> Standing {
        let limit = self.rate.burst.get();
        let missing = limit.saturating_sub(remaining);
        Standing { limit, remaining, reset_seconds: missing.div_ceil(NonZeroU32::get(self.rate.per_second)) }
    }
}

#[cfg(test)]
mod tests {
    use governor::clock::FakeRelativeClock;

    use super::*;

    #[test]
    fn a_burst_then_the_rate() {
        let clock = FakeRelativeClock::default();
        let bucket = Bucket::with_clock(Rate::new(10, 3).expect("a rate"), clock.clone());
        for remaining in [2, 1, 0] {
            let standing = Standing { limit: 3, remaining, reset_seconds: 1 };
            assert_eq!(bucket.take(), Taken { standing, wait: None });
        }
        assert_eq!(bucket.take().wait, Some(Duration::from_millis(100)));
        clock.advance(Duration::from_millis(99));
        assert!(bucket.take().wait.is_some());
        clock.advance(Duration::from_millis(1));
        assert!(bucket.take().wait.is_none(), "a tenth of a second brings one");
        assert!(bucket.take().wait.is_some(), "and no more");
        clock.advance(Duration::from_secs(60));
        assert_eq!(bucket.take().standing.remaining, 2, "a silence brings the burst and no more");
    }

    #[test]
    fn the_reset_is_when_the_burst_is_there_again() {
        let bucket = Bucket::with_clock(Rate::new(2, 10).expect("a rate"), FakeRelativeClock::default());
        let resets: Vec<u32> = (0..4).map(|_| bucket.take().standing.reset_seconds).collect();
        assert_eq!(resets, [1, 1, 2, 2]);
    }
}
