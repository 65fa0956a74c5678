//! The log: one organization's stream, or the whole feed; a page, all of it as lines, or a stream that goes on.

use std::sync::Arc;

use axum::extract::State;
use axum::response::{IntoResponse, Response};
use domain::{Fact, OrganizationId};
use http::header::{AUTHORIZATION, CACHE_CONTROL, CONTENT_TYPE, COOKIE};
use http::{HeaderMap, HeaderName, HeaderValue};
use serde::Deserialize;
use serde_json::Value;
use store::Ledger;
use utoipa::IntoParams;

use super::call::{Ids, Params, Reader, Visitor, organization};
use super::run::admitted;
use crate::answers::{EventView, EventsPage, FeedPage};
use crate::app::App;
use crate::auth::Caller;
use crate::feed::{self, Cursor, Filter, Follower, LogReader, Page, Place, PlaceError, Reading, Shape};
use crate::limits::{EVENTS_PAGE_DEFAULT, EVENTS_PAGE_MAX};
use crate::openapi::ProblemDetails;
use crate::problem::Problem;
use crate::problems::{cursor_ahead, of_execute, of_log, of_place, organization_not_found};
use crate::rates::admit;
use crate::request::preferred;

const JSON: &str = "application/json";
const NDJSON: &str = "application/x-ndjson";
const EVENT_STREAM: &str = "text/event-stream";
const LAST_EVENT_ID: &str = "last-event-id";
/// The place behind the lines of an answer that has room for nothing else.
const NEXT_CURSOR: HeaderName = HeaderName::from_static("next-cursor");
/// Tells proxies to pass on what they get.
const X_ACCEL_BUFFERING: HeaderName = HeaderName::from_static("x-accel-buffering");
/// Stands for the cursor at the end of the log.
const END: &str = "end";

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Form {
    Json,
    Lines,
    Stream,
}

#[derive(Clone, Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct EventsParams {
    /// Only events after this one; default from the first.
    #[serde(default)]
    after_sequence: u64,
    /// Only these types: names, separated by commas.
    #[serde(rename = "type")]
    #[param(example = "CreditsConsumed,GrantExpired")]
    types: Option<String>,
    /// 1 to 1,000 events of a page; NDJSON without it is everything up to the end.
    #[param(minimum = 1, maximum = 1000, default = 100)]
    limit: Option<u32>,
}

#[derive(Clone, Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct FeedParams {
    /// Only events after this cursor: a `next_cursor`, the id of a streamed event, or `end`; default from the first.
    after: Option<String>,
    /// Only these types: names, separated by commas.
    #[serde(rename = "type")]
    #[param(example = "CreditsConsumed,GrantExpired")]
    types: Option<String>,
    /// Only this organization's. A key that is bound to one gets that one's in any case.
    organization_id: Option<String>,
    /// 1 to 1,000 events of a page; NDJSON without it is everything up to the end.
    #[param(minimum = 1, maximum = 1000, default = 100)]
    limit: Option<u32>,
}

/// The organization's events in order: a page, or by `Accept` NDJSON or a stream of server-sent events that goes on.
///
/// The id of a streamed event is its sequence; `Last-Event-ID` resumes behind it. A browser token gets the stream only, and
/// of each event `type`, `sequence` and the `balance` after it.
#[utoipa::path(get, path = "/v1/organizations/{org}/events", tag = "events",
    params(("org" = String, Path), EventsParams,
        ("Last-Event-ID" = Option<u64>, Header, description = "Stands for `after_sequence`, which it overrules")),
    responses(
        (status = 200, content((EventsPage<'static> = "application/json"),
            (EventView<'static> = "application/x-ndjson"), (String = "text/event-stream"))),
        (status = "default", body = ProblemDetails)))]
pub async fn events(
    State(app): State<App>,
    Visitor(caller): Visitor,
    Ids(org): Ids<String>,
    Params(params): Params<EventsParams>,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let organization = admitted(&app, &caller, &org)?;
    let filter = Filter { types: types(params.types.as_deref())?, organization: None };
    let after = match last_event_id(&headers)? {
        Some(id) => id.parse().map_err(|_| of_place(PlaceError::Malformed))?,
        None => params.after_sequence,
    };
    must_exist(&app.ledger, &organization, after).await?;
    let reader = LogReader { place: Place::Stream { organization, sequence: after }, filter };
    Answer { app, caller, headers, reader, limit: limit(params.limit)? }.respond().await
}

/// All events, or those of one organization: a page, or by `Accept` NDJSON or a stream of server-sent events that goes on.
///
/// Events of one partition, and so of one organization, are in order; partitions are mixed in no particular one. The id
/// of a streamed event is the cursor behind it; `Last-Event-ID` resumes there, on any server. A page of a filtered feed
/// may be empty before the end: only an unchanged `next_cursor` says that there is no more yet.
#[utoipa::path(get, path = "/v1/events", tag = "events",
    params(FeedParams,
        ("Last-Event-ID" = Option<String>, Header, description = "Stands for `after`, which it overrules")),
    responses(
        (status = 200, content((FeedPage<'static> = "application/json"),
            (EventView<'static> = "application/x-ndjson"), (String = "text/event-stream"))),
        (status = "default", body = ProblemDetails)))]
pub async fn feed(
    State(app): State<App>,
    Reader(caller): Reader,
    Params(params): Params<FeedParams>,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let organization = readable(&caller, params.organization_id.as_deref())?;
    if let Some(organization) = &organization {
        admit(&app, organization)?;
    }
    let filter = Filter { types: types(params.types.as_deref())?, organization };
    let limit = limit(params.limit)?;
    let ends = app.feed.ends().await.map_err(|error| of_log(&error))?;
    let cursor = match last_event_id(&headers)?.or(params.after.as_deref()) {
        None => Cursor::start(ends.len()),
        Some(END) => Cursor::at(ends.clone()),
        Some(text) => Cursor::try_read(text, ends.len()).map_err(of_place)?,
    };
    if cursor.is_ahead_of(&ends) {
        return Err(cursor_ahead());
    }
    let reader = LogReader { place: Place::Feed(cursor), filter };
    Answer { app, caller, headers, reader, limit }.respond().await
}

/// Which organizations' events the caller may read of those that it asks for; `None`: all.
fn readable(caller: &Caller, asked: Option<&str>) -> Result<Option<OrganizationId>, Problem> {
    let asked = asked.map(organization).transpose()?;
    match (&caller.organization, asked) {
        (None, asked) => Ok(asked),
        (Some(own), None) => Ok(Some(own.clone())),
        (Some(_), Some(asked)) => caller.must_see(&asked).map(|()| Some(asked)),
    }
}

fn last_event_id(headers: &HeaderMap) -> Result<Option<&str>, Problem> {
    let id = headers.get(LAST_EVENT_ID).map(HeaderValue::to_str).transpose();
    id.map_err(|_| of_place(PlaceError::Malformed))
}

fn limit(given: Option<u32>) -> Result<Option<u32>, Problem> {
    match given {
        Some(limit) if !(1..=EVENTS_PAGE_MAX).contains(&limit) => {
            let detail = format!("`limit` is {limit}; give 1 to {EVENTS_PAGE_MAX}");
            Err(Problem::invalid("invalid_limit", "Not a valid limit", detail).with("maximum", EVENTS_PAGE_MAX))
        }
        given => Ok(given),
    }
}

fn types(given: Option<&str>) -> Result<Arc<[&'static str]>, Problem> {
    let known = |name: &str| Fact::ALL.iter().map(|(known, _)| *known).find(|known| *known == name);
    let names = given.into_iter().flat_map(|given| given.split(','));
    names.map(|name| known(name.trim()).ok_or_else(|| unknown_type(name))).collect()
}

fn unknown_type(name: &str) -> Problem {
    let detail = format!("there are no events of the type `{name}`");
    Problem::invalid("unknown_event_type", "Not a type of event", detail).with("field", "type")
}

/// The organization exists, and its stream reaches to the place that the caller resumes behind.
async fn must_exist(ledger: &Ledger, organization: &OrganizationId, after: u64) -> Result<(), Problem> {
    let event_behind = async |sequence: u64| {
        let events = ledger.events(organization, sequence, 1).await.map_err(of_execute)?;
        Ok::<_, Problem>(events.into_iter().next())
    };
    if event_behind(after.saturating_sub(1)).await?.is_some() {
        return Ok(());
    }
    match event_behind(0).await? {
        Some(_) => Err(cursor_ahead()),
        None => Err(organization_not_found()),
    }
}

/// Everything that the answer depends on.
struct Answer {
    app: App,
    caller: Arc<Caller>,
    headers: HeaderMap,
    reader: LogReader,
    limit: Option<u32>,
}

impl Answer {
    async fn respond(self) -> Result<Response, Problem> {
        let others = [(NDJSON, Form::Lines), (EVENT_STREAM, Form::Stream)];
        let form = preferred(&self.headers, (JSON, Form::Json), &others);
        if form != Form::Stream {
            self.caller.must_not_be_a_page()?;
        }
        match (form, self.limit) {
            (Form::Json, limit) => self.json(limit.unwrap_or(EVENTS_PAGE_DEFAULT)).await,
            (Form::Lines, Some(limit)) => {
                let page = self.page(limit).await?;
                Ok((typed(NDJSON), next_cursor(&page.to), feed::ndjson(&page)).into_response())
            }
            (Form::Lines, None) => self.lines().await,
            (Form::Stream, _) => self.stream().await,
        }
    }

    async fn ends(&self) -> Result<Vec<u64>, Problem> {
        self.app.feed.ends().await.map_err(|error| of_log(&error))
    }

    async fn page(&self, limit: u32) -> Result<Page, Problem> {
        let ends = self.ends().await?;
        let page = self.app.feed.page(&self.reader, &ends, limit).await;
        page.map_err(|error| of_log(&error))
    }

    async fn json(&self, limit: u32) -> Result<Response, Problem> {
        let page = self.page(limit).await?;
        let (name, next) = match &page.to {
            Place::Feed(cursor) => ("next_cursor", cursor.to_string().into()),
            Place::Stream { .. } if page.at_end => ("next_after_sequence", Value::Null),
            Place::Stream { sequence, .. } => ("next_after_sequence", (*sequence).into()),
        };
        Ok((typed(JSON), feed::json(&page, name, &next)).into_response())
    }

    async fn lines(self) -> Result<Response, Problem> {
        let permit = self.app.feed.streams.open(&self.caller.actor)?;
        let ends = self.ends().await?;
        let end = self.reader.at_end(&ends);
        let mut response = (typed(NDJSON), feed::lines(self.app, self.reader, ends, permit)).into_response();
        response.headers_mut().extend(end.iter().flat_map(next_cursor));
        Ok(response)
    }

    async fn stream(self) -> Result<Response, Problem> {
        let permit = self.app.feed.streams.open(&self.caller.actor)?;
        let follower = Follower::new(&self.app.feed, self.reader.clone(), &self.ends().await?);
        let shape = if self.caller.is_a_page() { Shape::Signal } else { Shape::Whole };
        let reading = Reading { credentials: credentials(&self.headers), shape };
        let quiet = [
            (CACHE_CONTROL, HeaderValue::from_static("no-cache")),
            (X_ACCEL_BUFFERING, HeaderValue::from_static("no")),
        ];
        let body = feed::sse(self.app, follower, reading, permit);
        Ok((typed(EVENT_STREAM), quiet, body).into_response())
    }
}

/// Only what a caller is known by; where the request came from was judged when it came.
fn credentials(headers: &HeaderMap) -> HeaderMap {
    let kept = [AUTHORIZATION, COOKIE].into_iter();
    kept.filter_map(|name| headers.get(&name).map(|value| (name, value.clone()))).collect()
}

fn typed(media: &'static str) -> [(HeaderName, HeaderValue); 1] {
    [(CONTENT_TYPE, HeaderValue::from_static(media))]
}

fn next_cursor(place: &Place) -> [(HeaderName, HeaderValue); 1] {
    [(NEXT_CURSOR, HeaderValue::from_str(&place.to_string()).expect("a place is visible ASCII"))]
}
