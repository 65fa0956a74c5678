//! An organization's stream, a page at a time.

use axum::extract::State;
use axum::response::{IntoResponse, Response};
use http::header::{ACCEPT, CONTENT_TYPE};
use http::{HeaderMap, HeaderValue, StatusCode};
use serde::Deserialize;
use store::RecordedEvent;
use utoipa::IntoParams;

use super::call::{Ids, Params, Reader};
use super::run::{json, visible};
use crate::answers::{EventView, EventsPage};
use crate::app::App;
use crate::limits::{EVENTS_PAGE_DEFAULT, EVENTS_PAGE_MAX};
use crate::openapi::ProblemDetails;
use crate::problem::Problem;
use crate::problems::{of_execute, organization_not_found};

const NDJSON: HeaderValue = HeaderValue::from_static("application/x-ndjson");

#[derive(Clone, Copy, Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct EventsParams {
    /// Only events after this one; default from the first.
    #[serde(default)]
    after_sequence: u64,
    /// 1 to 1,000.
    #[param(minimum = 1, maximum = 1000, default = 100)]
    limit: Option<u32>,
}

impl EventsParams {
    fn limit(self) -> Result<u32, Problem> {
        let limit = self.limit.unwrap_or(EVENTS_PAGE_DEFAULT);
        if (1..=EVENTS_PAGE_MAX).contains(&limit) {
            return Ok(limit);
        }
        let detail = format!("`limit` is {limit}; give 1 to {EVENTS_PAGE_MAX}");
        Err(Problem::invalid("invalid_limit", "Not a valid limit", detail).with("maximum", EVENTS_PAGE_MAX))
    }
}

/// The organization's events in order, as JSON or, by `Accept: application/x-ndjson`, one a line.
#[utoipa::path(get, path = "/v1/organizations/{org}/events", tag = "organizations",
    params(("org" = String, Path), EventsParams),
    responses(
        (status = 200, content((EventsPage<'static> = "application/json"), (EventView<'static> = "application/x-ndjson"))),
        (status = "default", body = ProblemDetails)))]
pub async fn events(
    State(app): State<App>,
    Reader(caller): Reader,
    Ids(org): Ids<String>,
    Params(params): Params<EventsParams>,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let organization = visible(&caller, &org)?;
    let limit = params.limit()?;
    // A sequence is a bigint in the log.
    let after = params.after_sequence.min(i64::MAX.unsigned_abs());
    let events = app.ledger.events(&organization, after, limit).await.map_err(of_execute)?;
    if events.is_empty() && after == 0 {
        return Err(organization_not_found());
    }
    if wants_ndjson(&headers) {
        return Ok((StatusCode::OK, [(CONTENT_TYPE, NDJSON)], ndjson(&events)).into_response());
    }
    Ok(json(StatusCode::OK, &EventsPage::of(&events, limit)))
}

fn wants_ndjson(headers: &HeaderMap) -> bool {
    let accept = headers.get(ACCEPT).and_then(|value| value.to_str().ok()).unwrap_or_default();
    accept.split(',').any(|range| range.split(';').next().is_some_and(|kind| kind.trim() == NDJSON))
}

/// One event a line.
#[must_use]
pub fn ndjson(events: &[RecordedEvent]) -> Vec<u8> {
    let mut lines = Vec::new();
    for event in events {
        serde_json::to_writer(&mut lines, &EventView::from(event)).expect("a vector takes every byte");
        lines.push(b'\n');
    }
    lines
}
