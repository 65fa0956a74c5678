//! One request of the API: who asks, what goes wrong on purpose, whether its key has been answered, its effect, its answer.

use std::sync::Arc;

use axum::body::Body;
use axum::extract::State;
use axum::response::{IntoResponse, Response};
use base64::Engine;
use bytes::Bytes;
use http::header::{AUTHORIZATION, CONTENT_TYPE};
use http::{HeaderMap, Method, Request, StatusCode};
use http_body_util::{BodyExt, Limited};
use serde_json::Value;

use crate::api;
use crate::error::ApiError;
use crate::faults::Kind;
use crate::form::Params;
use crate::idempotency::Kept;
use crate::server::{HangUp, Shared};
use crate::world::Seen;

/// The largest body: the real API refuses larger ones, too.
const BODY_BYTES_MAX: usize = 1024 * 1024;

pub async fn v1(State(shared): State<Arc<Shared>>, request: Request<Body>) -> Response {
    let (parts, body) = request.into_parts();
    let Ok(body) = Limited::new(body, BODY_BYTES_MAX).collect().await else {
        return refused(&ApiError::new(StatusCode::PAYLOAD_TOO_LARGE, "invalid_request_error", "Request too large."));
    };
    let call = Call::of(&parts, &body.to_bytes());
    if let Err(error) = authorize(&parts.headers) {
        return refused(&error);
    }
    let fault = shared.with(|world| {
        world.seen.push(Seen { method: call.method.to_string(), path: call.path.clone(), key: call.key.clone() });
        world.faults.take(call.method.as_str(), &call.path)
    });
    match fault {
        Some(kind) if !kind.takes_effect() => wrong(kind, None).await,
        fault => carry_out(&shared, &call, fault).await,
    }
}

/// What is asked.
struct Call {
    method: Method,
    path: String,
    /// The query of a GET, the body of a POST.
    form: String,
    key: Option<String>,
}

impl Call {
    fn of(parts: &http::request::Parts, body: &Bytes) -> Self {
        let form = match parts.method {
            Method::POST => String::from_utf8_lossy(body).into_owned(),
            _ => parts.uri.query().unwrap_or_default().to_owned(),
        };
        let key = parts.headers.get("idempotency-key").and_then(|key| key.to_str().ok()).map(str::to_owned);
        let key = key.filter(|_| parts.method == Method::POST);
        Self { method: parts.method.clone(), path: parts.uri.path().to_owned(), form, key }
    }

    /// What a key belongs to: the parameters, in whatever order they came.
    fn identity(&self) -> String {
        format!("{} {}\n{:?}", self.method, self.path, Params::parse(&self.form))
    }
}

/// A test key of any account; a live one has no business here.
fn authorize(headers: &HeaderMap) -> Result<(), ApiError> {
    let given = headers.get(AUTHORIZATION).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let key = match given.split_once(' ') {
        Some(("Bearer", key)) => key.to_owned(),
        Some(("Basic", encoded)) => {
            let decoded = base64::engine::general_purpose::STANDARD.decode(encoded).unwrap_or_default();
            String::from_utf8_lossy(&decoded).trim_end_matches(':').to_owned()
        }
        _ => String::new(),
    };
    if ["sk_test_", "rk_test_"].iter().any(|prefix| key.starts_with(prefix)) {
        return Ok(());
    }
    let message = "Invalid API Key provided: this is a simulation, which takes keys that begin with sk_test_ only.";
    Err(ApiError::new(StatusCode::UNAUTHORIZED, "invalid_request_error", message))
}

async fn carry_out(shared: &Arc<Shared>, call: &Call, fault: Option<Kind>) -> Response {
    let mut work = match InWork::begin(shared, call) {
        Ok(Begun::Answered(kept)) => {
            return match fault {
                None | Some(Kind::ErrorAfter { .. }) => answer(kept.status, &kept.body, true),
                Some(kind) => wrong(kind, Some(&kept.body)).await,
            };
        }
        Ok(Begun::Work(work)) => work,
        Err(error) => return refused(&error),
    };
    let result = shared.with(|world| {
        world.current_key.clone_from(&call.key);
        let result = api::call(world, &call.method, &call.path, Params::parse(&call.form));
        world.current_key = None;
        result
    });
    let (kept, status, body) = match result {
        Ok(body) => (true, StatusCode::OK, body),
        Err(error) => (error.kept, error.status, error.body()),
    };
    let (status, body) = match fault {
        Some(Kind::ErrorAfter { status }) => api_error(status),
        _ => (status, body),
    };
    work.kept = kept.then(|| Kept { status, body: body.clone() });
    // Webhooks do not wait for the answer.
    shared.wake.notify_one();
    let response = match fault {
        None | Some(Kind::ErrorAfter { .. }) => answer(status, &body, false),
        Some(kind) => wrong(kind, Some(&body)).await,
    };
    drop(work);
    response
}

/// An answer that goes wrong.
async fn wrong(kind: Kind, body: Option<&Value>) -> Response {
    if let Some(silence) = kind.silence() {
        tokio::time::sleep(silence).await;
    }
    match kind {
        Kind::ErrorBefore { status } | Kind::ErrorAfter { status } => {
            let (status, body) = api_error(status);
            answer(status, &body, false)
        }
        Kind::HtmlBefore { status } | Kind::HtmlAfter { status } => {
            let status = StatusCode::from_u16(status).unwrap_or(StatusCode::BAD_GATEWAY);
            (status, [(CONTENT_TYPE, "text/html")], "<html><body><h1>Something went wrong</h1></body></html>")
                .into_response()
        }
        Kind::GarbageAfter => {
            let whole = body.map(ToString::to_string).unwrap_or_default();
            let half = whole.chars().take(whole.chars().count() / 2).collect::<String>();
            (StatusCode::OK, [(CONTENT_TYPE, "application/json")], half).into_response()
        }
        Kind::TimeoutBefore { .. } | Kind::TimeoutAfter { .. } | Kind::ResetBefore | Kind::ResetAfter => {
            let mut response = Response::new(Body::empty());
            response.extensions_mut().insert(HangUp);
            response
        }
    }
}

fn api_error(status: u16) -> (StatusCode, Value) {
    let status = StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    let error = match status {
        StatusCode::TOO_MANY_REQUESTS => {
            ApiError::new(status, "invalid_request_error", "Too many requests.").with("code", "rate_limit")
        }
        StatusCode::CONFLICT => ApiError::new(status, "invalid_request_error", "Another request works on this object.")
            .with("code", "lock_timeout"),
        _ => ApiError::new(status, "api_error", "An unknown error occurred."),
    };
    (status, error.body())
}

fn refused(error: &ApiError) -> Response {
    answer(error.status, &error.body(), false)
}

fn answer(status: StatusCode, body: &Value, replayed: bool) -> Response {
    let mut response = (status, axum::Json(body)).into_response();
    if replayed {
        response.headers_mut().insert("idempotent-replayed", http::HeaderValue::from_static("true"));
    }
    response.headers_mut().insert("request-id", http::HeaderValue::from_static("req_simulated"));
    response
}

enum Begun {
    Answered(Kept),
    Work(InWork),
}

/// A key whose request is in work. When this is dropped, by the end of the work or by a caller that went away, the key
/// keeps the answer that there is, or is free again.
struct InWork {
    shared: Arc<Shared>,
    key: Option<String>,
    kept: Option<Kept>,
}

impl InWork {
    fn begin(shared: &Arc<Shared>, call: &Call) -> Result<Begun, ApiError> {
        if let Some(key) = &call.key
            && let Some(kept) = shared.with(|world| world.keys.begin(key, &call.identity()))?
        {
            return Ok(Begun::Answered(kept));
        }
        Ok(Begun::Work(Self { shared: Arc::clone(shared), key: call.key.clone(), kept: None }))
    }
}

impl Drop for InWork {
    fn drop(&mut self) {
        let Some(key) = &self.key else { return };
        let kept = self.kept.take();
        self.shared.with(|world| match kept {
            Some(kept) => world.keys.keep(key, kept),
            None => world.keys.release(key),
        });
    }
}
