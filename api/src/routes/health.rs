//! Whether the server lives, may take commands, and what it counts.

use axum::extract::State;
use axum::response::{IntoResponse, Response};
use http::StatusCode;
use http::header::{CONTENT_TYPE, HeaderValue};
use notifications::Standing;
use projections::Monitor;
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

/// Whether this node may take commands, and how far the read models are.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct Readiness {
    #[schema(example = "ready")]
    status: &'static str,
    projections: ProjectionHealth,
    notifications: NotificationHealth,
}

/// Notifications, as this node sees them. They do not make it unready.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct NotificationHealth {
    /// Events of the partition that is furthest behind which have not been turned into notifications.
    lag_events: u64,
    /// Whether the log cannot be turned into notifications any further; the reason is in the server's log.
    is_stopped: bool,
    /// Organizations at endpoints for which something waits to be sent, or sent again.
    waiting: u64,
    /// How long the oldest that is due has not been tried.
    overdue_ms: u64,
    /// Deliveries that were given up: `credit-ledger notifications resend`.
    parked: u64,
}

impl From<Standing> for NotificationHealth {
    fn from(standing: Standing) -> Self {
        Self {
            lag_events: standing.lag_events,
            is_stopped: standing.stopped.is_some(),
            waiting: standing.waiting,
            overdue_ms: standing.overdue_ms,
            parked: standing.parked,
        }
    }
}

/// The read models, as this node sees them. They do not make it unready: commands need none of them.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct ProjectionHealth {
    /// How long ago the read models were last looked at. While the database does not answer this grows, and all else is as
    /// old.
    age_ms: u64,
    /// Events that the projector which is furthest behind in its partition has not projected; stopped ones aside.
    lag_events: u64,
    /// How long the oldest of these has been in the log.
    lag_ms: u64,
    /// Projectors that cannot pass an event. Reasons are in the log and in `credit-ledger status`.
    stopped: Vec<StoppedProjector>,
    /// Projectors whose rows were made by another version of the program: they wait for `credit-ledger rebuild`.
    outdated: Vec<String>,
}

/// A projector that cannot pass an event.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct StoppedProjector {
    #[schema(example = "usage")]
    projector: String,
    partition: u16,
    /// Of the event that it cannot pass.
    position: u64,
}

/// Whether the process answers.
#[utoipa::path(get, path = "/healthz", tag = "operations", security(()),
    responses((status = 200, body = Health)))]
pub async fn healthz() -> Response {
    json(StatusCode::OK, &Health { status: "ok" })
}

/// Whether this node may take commands.
#[utoipa::path(get, path = "/readyz", tag = "operations", security(()),
    responses((status = 200, body = Readiness), (status = 503, body = ProblemDetails)))]
pub async fn readyz(State(app): State<App>) -> Result<Response, Problem> {
    match app.ledger.ready() {
        Ok(()) => {
            let projections = projection_health(app.projections.monitor());
            let notifications = app.notifications.standing().into();
            Ok(json(StatusCode::OK, &Readiness { status: "ready", projections, notifications }))
        }
        Err(reason) => Err(Problem::unavailable("not_ready", reason, RETRY_AFTER_NOT_READY)),
    }
}

fn projection_health(monitor: &Monitor) -> ProjectionHealth {
    let standings = monitor.standings();
    let live = standings.iter().filter(|standing| standing.is_live);
    let running = live.clone().filter(|standing| standing.stop.is_none());
    let stopped = live.filter_map(|standing| {
        let stop = standing.stop.as_ref()?;
        let (projector, partition) = (standing.projector.clone(), standing.partition);
        Some(StoppedProjector { projector, partition, position: stop.position })
    });
    ProjectionHealth {
        age_ms: u64::try_from(monitor.age().as_millis()).unwrap_or(u64::MAX),
        lag_events: running.clone().map(projections::Standing::lag_events).max().unwrap_or(0),
        lag_ms: running.map(projections::Standing::lag_ms).max().unwrap_or(0),
        stopped: stopped.collect(),
        outdated: monitor.outdated(),
    }
}

/// Counters and histograms for Prometheus.
#[utoipa::path(get, path = "/metrics", tag = "operations", security(()),
    responses((status = 200, content_type = "text/plain", body = String)))]
pub async fn metrics(State(app): State<App>) -> Response {
    let text = HeaderValue::from_static("text/plain; version=0.0.4");
    ([(CONTENT_TYPE, text)], app.metrics.render()).into_response()
}
