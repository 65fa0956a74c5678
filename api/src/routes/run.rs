//! Running one command: authorize, read, hash, execute, answer. Shared by the single endpoints and the batch.

use axum::response::{IntoResponse, Response};
use bytes::Bytes;
use domain::{IdempotencyKey, OrganizationId};
use http::header::CONTENT_TYPE;
use http::{HeaderName, HeaderValue, StatusCode};
use serde::Serialize;
use serde_json::{Map, Value};
use store::{CommandRequest, Committed, EventMetadata, ExecuteError, RecordedEvent, RequestHash};
use uuid::Uuid;

use super::call::{Call, organization};
use super::refunds::must_be_paid_elsewhere;
use crate::answers::{first_outcome_of, noted, outcome};
use crate::app::App;
use crate::auth::Caller;
use crate::problem::Problem;
use crate::problems::of_execute;
use crate::rates::admit;
use crate::request::body::{Body, Object, read_text};
use crate::request::{Asked, Kind, id, request_hash};

pub(super) const IDEMPOTENCY_REPLAYED: HeaderName = HeaderName::from_static("idempotency-replayed");

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
    // Pages reach only those endpoints that ask for them.
    call.caller.must_have_or_be_a_page(kind.scope())?;
    let organization = organization(organization_id)?;
    call.caller.must_see(&organization)?;
    if kind.is_rate_limited() {
        admit(app, &organization)?;
    }
    let target = target.map(|given| id(kind.target_field().unwrap_or("id"), given)).transpose()?;
    let key = call.key()?;
    let Object(object) = read_text(call.body())?;
    let asked = kind.read(target, key.text(), Body::Text(call.body()))?;
    let item = Item { kind, organization, target, key, object: &object, asked };
    let committed = match item.ready(app, call.metadata()).await? {
        Ready::Request(request) => app.ledger.execute(request).await.map_err(of_execute)?,
        Ready::Known(committed) => committed,
    };
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
    pub asked: Asked,
}

/// What is left to do of an item.
#[expect(clippy::large_enum_variant, reason = "a box would cost each command an allocation")]
pub enum Ready {
    Request(CommandRequest),
    /// The command took effect before, although it could not be asked for any more: a package that was bought and has
    /// been retired since.
    Known(Committed),
}

impl Item<'_> {
    /// The request for the ledger, with what it needs of the catalogue.
    ///
    /// # Errors
    /// The body has a number that cannot be hashed, the catalogue has not what it asks for, or the purchase to take back was
    /// paid at the payment processor.
    pub async fn ready(self, app: &App, metadata: EventMetadata) -> Result<Ready, Problem> {
        let hash = request_hash(self.kind.name(), &self.organization, self.target, self.object).map_err(|error| {
            Problem::invalid("unhashable_number", "Not a valid number", format!("a number of the body: {error}"))
        })?;
        if let (Kind::RevokePurchase, Some(target)) = (self.kind, self.target) {
            must_be_paid_elsewhere(app, &self.organization, target).await?;
        }
        let (organization, key) = (self.organization, self.key);
        let (command, welcome) = match app.catalogue.complete(self.asked).await {
            Ok(command) => (command, app.catalogue.welcome().await?),
            Err(problem) => return known(app, &organization, &key, hash).await?.map(Ready::Known).ok_or(problem),
        };
        Ok(Ready::Request(CommandRequest { organization, key: Some((key, hash)), command, metadata, welcome }))
    }
}

/// The outcome of an earlier request that was the same.
pub(super) async fn known(
    app: &App,
    organization: &OrganizationId,
    key: &IdempotencyKey,
    hash: RequestHash,
) -> Result<Option<Committed>, Problem> {
    let found = app.ledger.command(organization, key).await.map_err(of_execute)?;
    match found {
        Some(first) if first.events.iter().any(|event| event.request_hash == Some(hash)) => Ok(Some(first)),
        Some(_) => Err(of_execute(ExecuteError::KeyReused)),
        None => Ok(None),
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

/// The organization of a read, which counts as one of its requests.
///
/// # Errors
/// As [`visible`], or the organization has made all the requests of its tier.
pub(super) fn admitted(app: &App, caller: &Caller, organization_id: &str) -> Result<OrganizationId, Problem> {
    let organization = visible(caller, organization_id)?;
    admit(app, &organization)?;
    Ok(organization)
}
