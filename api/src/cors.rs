//! Which web pages of other origins may read answers (CORS).
//!
//! Invariant: without allowed origins no header is sent at all; cookies are never allowed from elsewhere, so other
//! origins come with a token or a key of their own.

use axum::response::{IntoResponse, Response};
use http::header::{
    ACCESS_CONTROL_ALLOW_HEADERS, ACCESS_CONTROL_ALLOW_METHODS, ACCESS_CONTROL_ALLOW_ORIGIN,
    ACCESS_CONTROL_EXPOSE_HEADERS, ACCESS_CONTROL_MAX_AGE, ACCESS_CONTROL_REQUEST_METHOD, ORIGIN, VARY,
};
use http::{HeaderMap, HeaderValue, Method, StatusCode};

use crate::origins::Origins;

const METHODS: HeaderValue = HeaderValue::from_static("GET, POST, PUT, PATCH, DELETE");
const HEADERS: HeaderValue =
    HeaderValue::from_static("authorization, content-type, idempotency-key, last-event-id, x-request-id");
const EXPOSED: HeaderValue = HeaderValue::from_static(
    "idempotency-replayed, link, next-cursor, ratelimit-limit, ratelimit-remaining, ratelimit-reset, retry-after, \
     x-request-id",
);
/// How long a browser remembers the answer: the longest that browsers take.
const MAX_AGE_SECONDS: HeaderValue = HeaderValue::from_static("7200");

/// The origin of the request, if its page may read the answer.
#[must_use]
pub fn allowed_origin(origins: &Origins, headers: &HeaderMap) -> Option<HeaderValue> {
    let origin = headers.get(ORIGIN)?;
    origins.allow(origin.to_str().ok()?).then(|| origin.clone())
}

/// The answer to a browser that asks before it sends.
#[must_use]
pub fn preflight(method: &Method, headers: &HeaderMap) -> Option<Response> {
    let asks = method == Method::OPTIONS && headers.contains_key(ACCESS_CONTROL_REQUEST_METHOD);
    let answer = [
        (ACCESS_CONTROL_ALLOW_METHODS, METHODS),
        (ACCESS_CONTROL_ALLOW_HEADERS, HEADERS),
        (ACCESS_CONTROL_MAX_AGE, MAX_AGE_SECONDS),
    ];
    asks.then(|| (StatusCode::NO_CONTENT, answer).into_response())
}

/// Lets the page read the answer.
pub fn expose(origin: HeaderValue, headers: &mut HeaderMap) {
    headers.insert(ACCESS_CONTROL_ALLOW_ORIGIN, origin);
    headers.insert(ACCESS_CONTROL_EXPOSE_HEADERS, EXPOSED);
    headers.append(VARY, HeaderValue::from_static("Origin"));
}
