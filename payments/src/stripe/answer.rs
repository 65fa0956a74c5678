//! What an HTTP answer says: an object, a refusal, a card that did not pay, or that it is not known what happened.
//!
//! Invariant: whatever is not plainly one of the first three is the last.

use serde::Deserialize;
use serde::de::DeserializeOwned;

use crate::gateway::{Doubt, GatewayError};
use crate::stripe::objects::CardError;

/// An answer as it came.
#[derive(Debug)]
pub(super) struct Answer<'a> {
    pub status: u16,
    /// `Stripe-Should-Retry`.
    pub should_retry: Option<bool>,
    pub request_id: Option<String>,
    pub body: &'a [u8],
}

/// Why a request has no object for an answer.
#[derive(Debug)]
pub(super) enum Trouble {
    Gateway(GatewayError),
    /// 402: the request was carried out, and the card did not pay.
    Card {
        error: Box<CardError>,
        request_id: Option<String>,
    },
}

impl From<Trouble> for GatewayError {
    fn from(trouble: Trouble) -> Self {
        match trouble {
            Trouble::Gateway(error) => error,
            Trouble::Card { error, request_id } => Self::Refused {
                status: 402,
                code: error.code,
                param: None,
                message: error.message.unwrap_or_default(),
                request_id,
            },
        }
    }
}

#[derive(Deserialize)]
struct ErrorBody {
    error: ApiError,
}

#[derive(Deserialize)]
struct ApiError {
    code: Option<String>,
    param: Option<String>,
    message: Option<String>,
}

#[derive(Deserialize)]
struct CardBody {
    error: CardError,
}

impl Answer<'_> {
    /// Whether the same request, sent again, may be answered otherwise.
    pub(super) fn may_retry(&self, trouble: &Trouble) -> bool {
        let doubtful = matches!(trouble, Trouble::Gateway(GatewayError::Unknown { .. }));
        self.should_retry.unwrap_or(doubtful)
    }

    /// # Errors
    /// The [`Trouble`] that the answer tells of.
    pub(super) fn judge<T: DeserializeOwned>(&self) -> Result<T, Trouble> {
        match self.status {
            200..=299 => serde_json::from_slice(self.body).map_err(|error| self.unreadable(&error.to_string())),
            402 => match serde_json::from_slice::<CardBody>(self.body) {
                Ok(body) => Err(Trouble::Card { error: Box::new(body.error), request_id: self.request_id.clone() }),
                Err(error) => Err(self.unreadable(&error.to_string())),
            },
            409 => Err(self.doubt(Doubt::Conflict)),
            429 => Err(self.doubt(Doubt::RateLimited)),
            // 424: something that Stripe depends on failed.
            424 | 500.. => Err(self.doubt(Doubt::Server(self.status))),
            // Only Stripe's own words are a refusal: a proxy's page says nothing about the request.
            400..=499 => match serde_json::from_slice::<ErrorBody>(self.body) {
                Ok(body) => Err(Trouble::Gateway(self.refused(body.error))),
                Err(error) => Err(self.unreadable(&error.to_string())),
            },
            0..=199 | 300..=399 => Err(self.unreadable("this status is no answer")),
        }
    }

    fn refused(&self, error: ApiError) -> GatewayError {
        GatewayError::Refused {
            status: self.status,
            code: error.code,
            param: error.param,
            message: error.message.unwrap_or_default(),
            request_id: self.request_id.clone(),
        }
    }

    fn unreadable(&self, problem: &str) -> Trouble {
        self.doubt(Doubt::Unreadable { status: self.status, problem: problem.to_owned() })
    }

    fn doubt(&self, why: Doubt) -> Trouble {
        Trouble::Gateway(GatewayError::Unknown { why, request_id: self.request_id.clone() })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::{Value, json};

    fn answer(status: u16, body: &[u8]) -> Answer<'_> {
        Answer { status, should_retry: None, request_id: None, body }
    }

    #[test]
    fn only_stripes_own_words_are_a_refusal() {
        let refusal = json!({"error": {"type": "invalid_request_error", "code": "resource_missing", "param": "price"}});
        let refusal = refusal.to_string();
        let html = b"<html>".as_slice();
        for (status, body, known) in [
            (200, b"{}".as_slice(), true),
            (200, html, false),
            (200, b"{\"id\":".as_slice(), false),
            (302, html, false),
            (400, refusal.as_bytes(), true),
            (401, refusal.as_bytes(), true),
            (403, html, false),
            (402, refusal.as_bytes(), true),
            (402, html, false),
            (409, refusal.as_bytes(), false),
            (424, refusal.as_bytes(), false),
            (429, refusal.as_bytes(), false),
            (500, refusal.as_bytes(), false),
            (502, html, false),
        ] {
            let answer = answer(status, body);
            let judged = answer.judge::<Value>();
            let doubted = matches!(&judged, Err(Trouble::Gateway(GatewayError::Unknown { .. })));
            assert_eq!(doubted, !known, "{status}");
            assert!(judged.as_ref().err().is_none_or(|trouble| answer.may_retry(trouble) == doubted));
        }
    }

    #[test]
    fn stripe_may_ask_to_retry_or_not_to() {
        let body = json!({"error": {"type": "api_error"}}).to_string();
        for (status, should_retry) in [(500, false), (400, true)] {
            let answer = Answer { should_retry: Some(should_retry), ..answer(status, body.as_bytes()) };
            let trouble = answer.judge::<Value>().expect_err("it is an error");
            assert_eq!(answer.may_retry(&trouble), should_retry);
        }
    }
}
