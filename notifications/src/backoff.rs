//! When a delivery that failed is tried again. Pure.

use std::time::Duration;

use domain::Timestamp;

use crate::limits::TRY_FOR;

/// Pauses after the first, second, ... failed try; the last one repeats. Close together at first, because most failures
/// are restarts; then so that a day has some twenty tries.
const PAUSES: [Duration; 9] = [
    Duration::from_secs(5),
    Duration::from_secs(30),
    Duration::from_secs(2 * 60),
    Duration::from_secs(5 * 60),
    Duration::from_secs(10 * 60),
    Duration::from_secs(20 * 60),
    Duration::from_secs(30 * 60),
    Duration::from_secs(60 * 60),
    Duration::from_secs(2 * 60 * 60),
];
/// A pause is this many thousandths of itself at least; chance adds up to twice what is missing, so that deliveries that
/// failed together do not come back together.
const JITTER_MIN: u32 = 800;

/// When it is tried next after its `tries`-th try has failed at `now`; `None`: it is parked. `chance` is 0 to 1,000.
///
/// The last try is when its day is over, so that an endpoint that was away for almost a day is not missed.
#[must_use]
pub fn next_try(tries: u32, accepted_at: Timestamp, now: Timestamp, chance: u32) -> Option<Timestamp> {
    let end = accepted_at + TRY_FOR;
    if now >= end {
        return None;
    }
    let last = PAUSES.len() - 1;
    let pause = PAUSES[usize::try_from(tries.saturating_sub(1)).unwrap_or(last).min(last)];
    let thousandths = JITTER_MIN + 2 * (1_000 - JITTER_MIN) * chance.min(1_000) / 1_000;
    Some((now + pause * thousandths / 1_000).min(end))
}

#[cfg(test)]
mod tests {
    use super::*;
    use chrono::{TimeDelta, TimeZone, Utc};

    fn start() -> Timestamp {
        Utc.with_ymd_and_hms(2026, 1, 1, 0, 0, 0).unwrap()
    }

    #[test]
    fn a_day_has_some_twenty_tries_and_the_last_is_at_its_end() {
        for chance in [0, 500, 1_000] {
            let (mut now, mut tries) = (start(), 1);
            while let Some(next) = next_try(tries, start(), now, chance) {
                assert!(next > now);
                (now, tries) = (next, tries + 1);
            }
            assert_eq!(now, start() + TRY_FOR);
            assert!((15..=30).contains(&tries), "{tries} tries");
        }
    }

    #[test]
    fn pauses_grow_and_are_spread() {
        let after = |tries, chance| next_try(tries, start(), start(), chance).expect("a day has just begun") - start();
        assert_eq!([0, 500, 1_000, 9_999].map(|chance| after(1, chance)), [4, 5, 6, 6].map(TimeDelta::seconds));
        assert_eq!([1, 2, 3, 9, 50].map(|tries| after(tries, 500).num_seconds()), [5, 30, 120, 7_200, 7_200]);
    }

    #[test]
    fn what_has_waited_behind_others_for_a_day_has_one_try() {
        assert_eq!(next_try(1, start(), start() + TRY_FOR + TimeDelta::hours(5), 0), None);
    }
}
