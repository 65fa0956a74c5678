//! What a caller is told: the three header fields that clients know (drafts 03 to 07 of the IETF's *RateLimit header fields
//! for HTTP*; later drafts fold them into two structured fields, which few clients read).

use http::header::RETRY_AFTER;
use http::{HeaderMap, HeaderName, HeaderValue};

use crate::Taken;

/// How many may come at once.
pub const RATELIMIT_LIMIT: HeaderName = HeaderName::from_static("ratelimit-limit");
/// How many of them are left.
pub const RATELIMIT_REMAINING: HeaderName = HeaderName::from_static("ratelimit-remaining");
/// In how many seconds all of them are there again.
pub const RATELIMIT_RESET: HeaderName = HeaderName::from_static("ratelimit-reset");

/// Writes what is left, and when to come back where nothing is.
pub fn announce(taken: Taken, headers: &mut HeaderMap) {
    let Taken { standing, wait } = taken;
    headers.insert(RATELIMIT_LIMIT, HeaderValue::from(standing.limit));
    headers.insert(RATELIMIT_REMAINING, HeaderValue::from(standing.remaining));
    headers.insert(RATELIMIT_RESET, HeaderValue::from(standing.reset_seconds));
    if let Some(wait) = wait {
        let seconds = wait.as_secs() + u64::from(wait.subsec_nanos() > 0);
        headers.insert(RETRY_AFTER, HeaderValue::from(seconds.max(1)));
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::Standing;

    #[test]
    fn whoever_waits_as_told_has_waited_long_enough() {
        let mut headers = HeaderMap::new();
        let standing = Standing { limit: 5, remaining: 0, reset_seconds: 3 };
        announce(Taken { standing, wait: Some(Duration::from_millis(1_001)) }, &mut headers);
        assert_eq!((&headers[RATELIMIT_LIMIT], &headers[RATELIMIT_REMAINING]), (&5.into(), &0.into()));
        assert_eq!((&headers[RATELIMIT_RESET], &headers[RETRY_AFTER]), (&3.into(), &2.into()));
        let mut headers = HeaderMap::new();
        announce(Taken { standing, wait: None }, &mut headers);
        assert!(!headers.contains_key(RETRY_AFTER));
    }
}
