//! Whether the server lives, may take commands, and what it counts.

use axum::extract::State;
use axum::response::{IntoResponse, Response};
use http::StatusCode;
use http::header::{CONTENT_TYPE, HeaderValue};
use serde::Serialize;
use utoipa::ToSchema;

use super::run::json;
use crate::app::App;
use crate::openapi::ProblemDetails;
use crate::problem::Problem;
use std::time::Duration;

/// When to ask again whether the node is ready.
const RETRY_AFTER_NOT_READY: Duration = Duration::from_secs(1);

/// The server's state.
#[derive(Clone, Copy, Debug, Serialize, ToSchema)]
pub struct Health {
    #[schema(example = "ok")]
    status: &'static str,
}

/// Whether the process answers.
#[utoipa::path(get, path = "/healthz", tag = "operations", security(()),
    responses((status = 200, body = Health)))]
pub async fn healthz() -> Response {
    json(StatusCode::OK, &Health { status: "ok" })
}

/// Whether this node may take commands.
#[utoipa::path(get, path = "/readyz", tag = "operations", security(()),
    responses((status = 200, body = Health), (status = 503, body = ProblemDetails)))]
pub async fn readyz(State(app): State<App>) -> Result<Response, Problem> {
    match app.ledger.ready() {
        Ok(()) => Ok(json(StatusCode::OK, &Health { status: "ready" })),
        Err(reason) => Err(Problem::unavailable("not_ready", reason, RETRY_AFTER_NOT_READY)),
    }
}

/// Counters and histograms for Prometheus.
#[utoipa::path(get, path = "/metrics", tag = "operations", security(()),
    responses((status = 200, content_type = "text/plain", body = String)))]
pub async fn metrics(State(app): State<App>) -> Response {
    let text = HeaderValue::from_static("text/plain; version=0.0.4");
    ([(CONTENT_TYPE, text)], app.metrics.render()).into_response()
}
