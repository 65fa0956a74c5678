//! What happens to every request before and after its handler: a request id, a bound on time and number, CORS, a problem
//! in place of a panic, a count. Probes and files take no permit: they must answer while the server is busy.
//!
//! One function instead of a stack of layers, because each boxed layer costs an allocation a request.

use std::panic::AssertUnwindSafe;
use std::sync::Arc;
use std::time::Duration;

use axum::extract::{MatchedPath, Request, State};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use futures::FutureExt;
use http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode};
use tokio::time::Instant;
use uuid::Uuid;

use crate::app::App;
use crate::cors::{allowed_origin, expose, preflight};
use crate::limits::{REQUEST_ID_BYTES_MAX, REQUEST_TIMEOUT};
use crate::problem::Problem;
use crate::rates::announcing;
use crate::routes::SESSION_PATH;

const X_REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");
/// When to come back after this node had too much to do: a queue of this server empties in less.
const RETRY_AFTER_OVERLOAD: Duration = Duration::from_secs(1);

/// The id under which a request is found in logs and events: the caller's own, or one of ours.
#[derive(Clone, Debug)]
pub struct RequestId(pub Arc<str>);

/// The middleware of every route.
pub async fn edge(State(app): State<App>, mut request: Request, next: Next) -> Response {
    let id = request_id(request.headers());
    request.extensions_mut().insert(id.clone());
    let method = request.method().clone();
    let route = request.extensions().get::<MatchedPath>().cloned();
    let started = Instant::now();
    let origin = allowed_origin(&app.origins, request.headers());
    let asked_first = origin.as_ref().and_then(|_| preflight(&method, request.headers()));
    let mut response = match asked_first {
        Some(response) => response,
        None => announcing(bounded(&app, request, next)).await,
    };
    if let Some(origin) = origin {
        expose(origin, response.headers_mut());
    }
    observe(&method, route.as_ref(), response.status(), started.elapsed(), &id);
    let value = HeaderValue::from_str(&id.0).expect("a request id is visible ASCII");
    response.headers_mut().insert(X_REQUEST_ID, value);
    response
}

async fn bounded(app: &App, request: Request, next: Next) -> Response {
    let path = request.uri().path();
    let is_free = !path.starts_with("/v1") && path != SESSION_PATH;
    let Some(_permit) = (if is_free { Some(None) } else { app.permits.try_acquire().ok().map(Some) }) else {
        let detail = "this server has too many requests in work; nothing was done";
        return Problem::unavailable("overloaded", detail, RETRY_AFTER_OVERLOAD).into_response();
    };
    // A handler owns all that it changes; what it shares with others is not locked across its awaits.
    let handled = AssertUnwindSafe(next.run(request)).catch_unwind();
    match tokio::time::timeout(REQUEST_TIMEOUT, handled).await {
        Ok(Ok(response)) => response,
        Ok(Err(_)) => panicked().into_response(),
        Err(_) => timed_out().into_response(),
    }
}

fn panicked() -> Problem {
    let detail = "a defect of the ledger; a retry with the same idempotency key tells whether the command took effect";
    Problem::new(StatusCode::INTERNAL_SERVER_ERROR, "internal_error", "Internal error", detail)
}

fn timed_out() -> Problem {
    let detail = "the request took too long; a retry with the same idempotency key tells whether it took effect";
    Problem::unavailable("timeout", detail, RETRY_AFTER_OVERLOAD)
}

fn request_id(headers: &HeaderMap) -> RequestId {
    let given = headers.get(X_REQUEST_ID).and_then(|value| value.to_str().ok());
    let usable =
        |id: &&str| (1..=REQUEST_ID_BYTES_MAX).contains(&id.len()) && id.bytes().all(|byte| byte.is_ascii_graphic());
    match given.filter(usable) {
        Some(id) => RequestId(id.into()),
        None => RequestId((&*Uuid::now_v7().hyphenated().encode_lower(&mut Uuid::encode_buffer())).into()),
    }
}

fn observe(method: &Method, route: Option<&MatchedPath>, status: StatusCode, took: Duration, id: &RequestId) {
    let path = route.map_or("unmatched", MatchedPath::as_str);
    let labels = [("route", path.to_owned()), ("status", status.as_str().to_owned())];
    metrics::counter!("credit_ledger_http_requests_total", &labels).increment(1);
    metrics::histogram!("credit_ledger_http_request_seconds", "route" => path.to_owned()).record(took);
    let took_us = u64::try_from(took.as_micros()).unwrap_or(u64::MAX);
    if status.is_server_error() {
        tracing::warn!(%method, path, status = status.as_u16(), took_us, request_id = %id.0, "request");
    } else {
        tracing::debug!(%method, path, status = status.as_u16(), took_us, request_id = %id.0, "request");
    }
}

/// The answer for paths that do not exist.
pub async fn no_route() -> Problem {
    Problem::not_found("route_not_found", "there is no such path; the API is described at /docs")
}

/// The answer for methods that a path does not have.
pub async fn no_method() -> Problem {
    let detail = "this path does not take this method; the header `Allow` names those it takes";
    Problem::new(StatusCode::METHOD_NOT_ALLOWED, "method_not_allowed", "Wrong method", detail)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn id_for(given: &'static str) -> String {
        let mut headers = HeaderMap::new();
        headers.insert(X_REQUEST_ID, HeaderValue::from_static(given));
        request_id(&headers).0.to_string()
    }

    #[test]
    fn a_callers_request_id_is_taken_over_if_it_fits_a_log_line() {
        assert_eq!(id_for("order-1"), "order-1");
        for unusable in ["", "a b"] {
            assert!(Uuid::parse_str(&id_for(unusable)).is_ok(), "{unusable}");
        }
    }
}
