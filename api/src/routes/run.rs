//! Running one command: authorize, read, hash, execute, answer. Shared by the single endpoints and the batch.

use axum::response::{IntoResponse, Response};
use bytes::Bytes;
use domain::{Command, IdempotencyKey, OrganizationId};
use http::header::CONTENT_TYPE;
use http::{HeaderName, HeaderValue, StatusCode};
use serde::Serialize;
use serde_json::{Map, Value};
use store::{CommandRequest, Committed, EventMetadata, RecordedEvent};
use uuid::Uuid;

use super::call::{Call, organization};
use crate::answers::{first_outcome_of, noted, outcome};
use crate::app::App;
use crate::auth::Caller;
use crate::problem::Problem;
use crate::problems::of_execute;
use crate::request::body::{Body, Object, read_text};
use crate::request::{Kind, id, request_hash};

const IDEMPOTENCY_REPLAYED: HeaderName = HeaderName::from_static("idempotency-replayed");

/// Runs the command of a single endpoint.
///
/// # Errors
/// Whatever keeps the command from having an outcome.
pub async fn single(
    app: &App,
    kind: Kind,
    organization_id: &str,
    target: Option<&str>,
    call: Call,
) -> Result<Response, Problem> {
    call.caller.must_have(kind.scope())?;
    let organization = organization(organization_id)?;
    call.caller.must_see(&organization)?;
    let target = target.map(|given| id(kind.target_field().unwrap_or("id"), given)).transpose()?;
    let key = call.key()?;
    let Object(object) = read_text(call.body())?;
    let command = kind.read(target, key.text(), Body::Text(call.body()))?;
    let item = Item { kind, organization, target, key, object: &object, command };
    let request = item.request(call.metadata())?;
    let committed = app.ledger.execute(request).await.map_err(of_execute)?;
    answer(app, &committed).await
}

/// A command that was read.
pub struct Item<'a> {
    pub kind: Kind,
    pub organization: OrganizationId,
    pub target: Option<Uuid>,
    pub key: IdempotencyKey,
    /// The body as it was sent, without the envelope of a batch.
    pub object: &'a Map<String, Value>,
    pub command: Command,
}

impl Item<'_> {
    /// The request for the ledger.
    ///
    /// # Errors
    /// The body has a number that cannot be hashed.
    pub fn request(self, metadata: EventMetadata) -> Result<CommandRequest, Problem> {
        let hash = request_hash(self.kind.name(), &self.organization, self.target, self.object).map_err(|error| {
            Problem::invalid("unhashable_number", "Not a valid number", format!("a number of the body: {error}"))
        })?;
        let (organization, command) = (self.organization, self.command);
        Ok(CommandRequest { organization, key: Some((self.key, hash)), command, metadata })
    }
}

/// # Errors
/// The first outcome of a noted command cannot be read.
pub async fn answer(app: &App, committed: &Committed) -> Result<Response, Problem> {
    let first = first_outcome(app, committed).await?;
    let events = first.as_deref().unwrap_or(&committed.events);
    let outcome = outcome(events).ok_or_else(no_events)?;
    let mut response = json(outcome.status, &outcome.answer);
    if committed.replayed {
        response.headers_mut().insert(IDEMPOTENCY_REPLAYED, HeaderValue::from_static("true"));
    }
    Ok(response)
}

/// The events of the command that a noted one repeats: all of them, so that the answer is the first one to the letter.
///
/// # Errors
/// The ledger cannot be read.
pub async fn first_outcome(app: &App, committed: &Committed) -> Result<Option<Vec<RecordedEvent>>, Problem> {
    let Some((command, entity)) = noted(&committed.events) else { return Ok(None) };
    let organization = &committed.events.first().ok_or_else(no_events)?.organization;
    let history = app.ledger.entity(organization, entity).await.map_err(of_execute)?;
    let Some(first) = first_outcome_of(command, &history) else { return Ok(None) };
    let before = first.sequence - u64::from(first.command_index) - 1;
    let events = app.ledger.events(organization, before, first.command_count).await.map_err(of_execute)?;
    Ok(Some(events))
}

pub(super) fn no_events() -> Problem {
    let detail = "the command has no events, which is a defect of the ledger";
    Problem::new(StatusCode::INTERNAL_SERVER_ERROR, "internal_error", "Internal error", detail)
}

/// A JSON answer.
pub(super) fn json(status: StatusCode, body: &impl Serialize) -> Response {
    let bytes = Bytes::from(serde_json::to_vec(body).expect("answers are structs of plain values"));
    (status, [(CONTENT_TYPE, HeaderValue::from_static("application/json"))], bytes).into_response()
}

/// # Errors
/// The organization's id is not valid, or hidden from the caller.
pub(super) fn visible(caller: &Caller, organization_id: &str) -> Result<OrganizationId, Problem> {
    let organization = organization(organization_id)?;
    caller.must_see(&organization)?;
    Ok(organization)
}
