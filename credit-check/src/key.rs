//! Idempotency keys for the ledger, derived from the request's own.
//!
//! Invariant: equal keys of callers give equal keys in the ledger, within one service and one organization (to which the
//! ledger binds every key), whatever the caller wrote; different ones differ.

use http::HeaderMap;
use sha2::{Digest, Sha256};
use uuid::Uuid;

/// What the ledger's keys of one request begin with.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct RequestKey {
    base: String,
    /// Whether another request may have it, too.
    pub(crate) is_callers: bool,
}

impl RequestKey {
    /// From the header `Idempotency-Key` where there is one, else fresh.
    pub(crate) fn of(service: &str, headers: &HeaderMap, run: Uuid) -> Self {
        let given = headers.get("idempotency-key").filter(|value| !value.is_empty());
        let given = given.map(http::HeaderValue::as_bytes);
        let mut hash = Sha256::new();
        for part in [service.as_bytes(), given.unwrap_or_else(|| run.as_bytes())] {
            hash.update((part.len() as u64).to_be_bytes());
            hash.update(part);
        }
        // A fresh one is never equal to a caller's, who could otherwise guess the id of a run that is to come.
        let kind = if given.is_some() { "key" } else { "run" };
        Self { base: format!("credit-check:{kind}:{}", hex::encode(hash.finalize())), is_callers: given.is_some() }
    }

    /// The ledger's key of a step of the attempt.
    pub(crate) fn step(&self, attempt: u32, step: &str) -> String {
        format!("{}:{attempt}:{step}", self.base)
    }

    /// The hold of the attempt.
    pub(crate) fn hold(&self, attempt: u32) -> String {
        self.step(attempt, "hold")
    }

    /// The charge of the attempt once its hold has expired: the key of the next attempt's hold, so that the ledger takes
    /// either the charge or the next run, whatever arrives first.
    pub(crate) fn late(&self, attempt: u32) -> String {
        self.hold(attempt + 1)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key(service: &str, given: Option<&str>) -> RequestKey {
        let mut headers = HeaderMap::new();
        if let Some(given) = given {
            headers.insert("idempotency-key", given.parse().expect("a header"));
        }
        RequestKey::of(service, &headers, Uuid::nil())
    }

    #[test]
    fn equal_keys_are_equal_and_others_differ() {
        assert_eq!(key("a", Some("k")), key("a", Some("k")));
        let long = "x".repeat(4_000);
        let all = [key("a", Some("k")), key("a", Some("l")), key("b", Some("k")), key("ak", Some("x")), key("a", None)];
        let all: Vec<String> = all.iter().chain([&key("a", Some(&long))]).map(|key| key.hold(1)).collect();
        for (i, one) in all.iter().enumerate() {
            assert!(one.len() <= 255 && one.bytes().all(|byte| byte.is_ascii_graphic()), "{one}");
            assert!(!all[..i].contains(one), "{one}");
        }
        assert!(!key("a", Some("")).is_callers, "an empty key is none");
    }

    #[test]
    fn steps_and_attempts_differ() {
        let key = key("a", Some("k"));
        assert_ne!(key.hold(1), key.hold(2));
        assert_ne!(key.hold(1), key.step(1, "confirm"));
        assert_eq!(key.late(1), key.hold(2), "one of them takes effect");
    }
}
