//! What this layer answers in place of a handler: problem details (RFC 9457), like the ledger's own.

use std::time::Duration;

use bytes::Bytes;
use http::header::{CONTENT_TYPE, RETRY_AFTER};
use http::{HeaderValue, Response, StatusCode};
use rate_limit::{Taken, announce};
use serde_json::{Map, Value, json};

use crate::ledger::{Reply, retry_after};

/// When to come back where nobody has said.
const RETRY_SOON: Duration = Duration::from_secs(1);

#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Problem {
    status: StatusCode,
    code: &'static str,
    title: &'static str,
    detail: String,
    numbers: Map<String, Value>,
    retry_after: Option<Duration>,
    /// Boxed, because few problems have it and every `Result` would grow.
    taken: Option<Box<Taken>>,
}

impl Problem {
    fn new(status: StatusCode, code: &'static str, title: &'static str, detail: &str) -> Self {
        let detail = detail.to_owned();
        Self { status, code, title, detail, numbers: Map::new(), retry_after: None, taken: None }
    }

    fn retryable(self, after: Option<Duration>) -> Self {
        Self { retry_after: Some(after.unwrap_or(RETRY_SOON)), ..self }
    }

    /// The request is nobody's.
    pub(crate) fn nobody() -> Self {
        let detail = "the request belongs to no organization that could pay for it";
        Self::new(StatusCode::UNAUTHORIZED, "organization_unknown", "Not authenticated", detail)
    }

    /// The ledger's own 402, number by number.
    pub(crate) fn insufficient(reply: &Reply) -> Self {
        let detail = reply.body["detail"].as_str().unwrap_or("the operation needs more credits than there are");
        let problem = Self::new(StatusCode::PAYMENT_REQUIRED, "insufficient_credits", "Insufficient credits", detail);
        let copied = ["required", "balance", "available"].into_iter();
        let copied = copied.filter_map(|name| Some((name.to_owned(), Value::from(reply.body[name].as_i64()?))));
        let numbers = copied.chain([("error".to_owned(), json!("Insufficient credits"))]).collect();
        Self { numbers, ..problem }
    }

    /// The work cost more than was reserved, and its organization may not go further.
    pub(crate) fn dearer_than_reserved(reply: &Reply) -> Self {
        let detail = "the work cost more than was reserved for it, so that its result is withheld; nothing was charged";
        let problem = Self::new(StatusCode::PAYMENT_REQUIRED, "insufficient_credits", "Insufficient credits", detail);
        let required = Value::from(reply.body["requested"].as_i64());
        let allowed = Value::from(reply.body["allowed"].as_i64());
        let numbers = [("error", json!("Insufficient credits")), ("required", required), ("available", allowed)];
        Self { numbers: numbers.into_iter().map(|(name, value)| (name.to_owned(), value)).collect(), ..problem }
    }

    pub(crate) fn too_many_open(reply: &Reply) -> Self {
        let detail = "the organization has too much work in progress; nothing was done";
        Self::new(StatusCode::TOO_MANY_REQUESTS, "too_many_open", "Too many requests", detail)
            .retryable(retry_after(&reply.headers))
    }

    pub(crate) fn rate_limited(taken: Option<Taken>, after: Option<Duration>) -> Self {
        let detail = "the organization has made all the requests that it may; nothing was done";
        let problem = Self::new(StatusCode::TOO_MANY_REQUESTS, "rate_limited", "Too many requests", detail);
        Self { taken: taken.map(Box::new), ..problem.retryable(after) }
    }

    /// The ledger refuses for a reason that only the operator of this service can mend.
    pub(crate) fn refused() -> Self {
        let detail = "the ledger refused to charge for this request; the service's operators have to look";
        Self::new(StatusCode::INTERNAL_SERVER_ERROR, "charge_refused", "Not charged", detail)
    }

    pub(crate) fn unreachable() -> Self {
        let detail = "credits cannot be checked at the moment; nothing was done";
        Self::new(StatusCode::SERVICE_UNAVAILABLE, "ledger_unreachable", "Try again", detail).retryable(None)
    }

    /// The handler has succeeded, and its charge is not durable in time.
    pub(crate) fn charge_pending() -> Self {
        let detail =
            "the work was done and its charge is on its way; with the same idempotency key it is charged once at most";
        Self::new(StatusCode::SERVICE_UNAVAILABLE, "charge_pending", "Try again", detail).retryable(None)
    }

    pub(crate) fn handler_timeout() -> Self {
        let detail = "the work took too long and was given up; nothing was charged";
        Self::new(StatusCode::GATEWAY_TIMEOUT, "handler_timeout", "Took too long", detail)
    }

    /// Another request with this key is at work.
    pub(crate) fn in_progress() -> Self {
        let detail = "a request with this idempotency key is in progress";
        Self::new(StatusCode::CONFLICT, "request_in_progress", "In progress", detail).retryable(None)
    }

    /// A request with this key has been charged for, so it is not done again.
    pub(crate) fn charged_before(consumption: &str) -> Self {
        let detail = "a request with this idempotency key was done and charged for; use a new key for new work";
        let problem = Self::new(StatusCode::CONFLICT, "already_charged", "Charged before", detail);
        Self { numbers: [("consumption_id".to_owned(), json!(consumption))].into_iter().collect(), ..problem }
    }

    pub(crate) fn too_many_attempts() -> Self {
        let detail = "requests with this idempotency key have failed too often; use a new key";
        Self::new(StatusCode::CONFLICT, "too_many_attempts", "Failed too often", detail)
    }

    pub(crate) fn response<B: From<Bytes>>(self) -> Response<B> {
        let mut body = Map::new();
        body.insert("type".to_owned(), json!(format!("urn:credit-ledger:problem:{}", self.code)));
        body.insert("title".to_owned(), json!(self.title));
        body.insert("status".to_owned(), json!(self.status.as_u16()));
        body.insert("code".to_owned(), json!(self.code));
        body.insert("detail".to_owned(), json!(self.detail));
        body.extend(self.numbers);
        let bytes = Bytes::from(serde_json::to_vec(&body).expect("plain values"));
        let mut response = Response::new(B::from(bytes));
        *response.status_mut() = self.status;
        let headers = response.headers_mut();
        headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/problem+json"));
        if let Some(after) = self.retry_after {
            headers.insert(RETRY_AFTER, HeaderValue::from(after.as_secs().max(1)));
        }
        if let Some(taken) = self.taken {
            announce(*taken, headers);
        }
        response
    }
}

#[cfg(test)]
mod tests {
    use http::HeaderMap;

    use super::*;

    #[test]
    fn the_402_is_the_ledgers() {
        let theirs = json!({"type": "urn:credit-ledger:problem:insufficient_credits", "title": "Insufficient credits",
            "status": 402, "code": "insufficient_credits", "detail": "the operation needs 50 credits and 12 are available",
            "error": "Insufficient credits", "required": 50, "balance": 12, "available": 12});
        let (status, headers, body) = (StatusCode::PAYMENT_REQUIRED, HeaderMap::new(), theirs.clone());
        let ours: Response<Bytes> = Problem::insufficient(&Reply { status, headers, body }).response();
        assert_eq!(ours.status(), StatusCode::PAYMENT_REQUIRED);
        assert_eq!(ours.headers()[CONTENT_TYPE], "application/problem+json");
        assert_eq!(serde_json::from_slice::<Value>(ours.body()).expect("JSON"), theirs);
    }
}
