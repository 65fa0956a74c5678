//! Idempotency keys: what a key answered, it answers again; with another request it is refused; while its first request
//! is in work, a second one is turned away.

use std::collections::HashMap;

use http::StatusCode;
use serde_json::Value;

use crate::error::ApiError;

/// An answer that a key keeps.
#[derive(Clone, Debug, PartialEq)]
pub struct Kept {
    pub status: StatusCode,
    pub body: Value,
}

#[derive(Debug)]
struct Entry {
    /// Method, path and parameters.
    request: String,
    state: State,
}

#[derive(Debug)]
enum State {
    InWork,
    Done(Kept),
}

/// The keys of an account.
#[derive(Debug, Default)]
pub struct Keys(HashMap<String, Entry>);

impl Keys {
    /// What the key answers; `None` where the request is to be carried out.
    ///
    /// # Errors
    /// The key belongs to another request, or its request is in work.
    pub fn begin(&mut self, key: &str, request: &str) -> Result<Option<Kept>, ApiError> {
        match self.0.get(key) {
            None => {
                let entry = Entry { request: request.to_owned(), state: State::InWork };
                self.0.insert(key.to_owned(), entry);
                Ok(None)
            }
            Some(entry) if entry.request != request => {
                let message = "Keys for idempotent requests can only be used with the same parameters they were first \
                               used with.";
                Err(ApiError::new(StatusCode::BAD_REQUEST, "idempotency_error", message))
            }
            Some(Entry { state: State::InWork, .. }) => {
                let message = "There is currently another in-progress request using this Idempotent Key.";
                let error = ApiError::new(StatusCode::CONFLICT, "invalid_request_error", message);
                Err(error.with("code", "idempotency_key_in_use"))
            }
            Some(Entry { state: State::Done(kept), .. }) => Ok(Some(kept.clone())),
        }
    }

    /// The request was carried out.
    pub fn keep(&mut self, key: &str, kept: Kept) {
        if let Some(entry) = self.0.get_mut(key) {
            entry.state = State::Done(kept);
        }
    }

    /// Nothing was carried out: the key may be used again.
    pub fn release(&mut self, key: &str) {
        if let Some(Entry { state: State::InWork, .. }) = self.0.get(key) {
            self.0.remove(key);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_has_one_request_and_one_answer() {
        let mut keys = Keys::default();
        assert_eq!(keys.begin("k", "a"), Ok(None));
        assert_eq!(keys.begin("k", "a").unwrap_err().status, StatusCode::CONFLICT);
        let kept = Kept { status: StatusCode::OK, body: Value::Null };
        keys.keep("k", kept.clone());
        assert_eq!(keys.begin("k", "a"), Ok(Some(kept)));
        assert_eq!(keys.begin("k", "b").unwrap_err().status, StatusCode::BAD_REQUEST);
    }

    #[test]
    fn a_request_that_was_not_carried_out_leaves_its_key() {
        let mut keys = Keys::default();
        assert_eq!(keys.begin("k", "a"), Ok(None));
        keys.release("k");
        assert_eq!(keys.begin("k", "b"), Ok(None));
    }
}
