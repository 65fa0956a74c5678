//! Reads that the write side answers itself.

use axum::extract::State;
use axum::response::Response;
use domain::{EntityId, OrganizationId};
use http::StatusCode;
use store::{RecordedEvent, StrongBalance};

use super::call::{Ids, Reader, Visitor, key};
use super::run::{admitted, answer, json, visible};
use crate::answers::{
    Answer, ConsumptionReceipt, GrantReceipt, PurchaseReceipt, RecurringGrantState, ReservationReceipt, SettingsView,
};
use crate::app::App;
use crate::auth::Caller;
use crate::openapi::ProblemDetails;
use crate::problem::Problem;
use crate::problems::{of_execute, of_query, of_wait, organization_not_found};
use crate::request::id;

async fn strong(app: &App, caller: &Caller, org: &str) -> Result<(OrganizationId, StrongBalance), Problem> {
    let organization = admitted(app, caller, org)?;
    let strong = app.ledger.strong_balance(&organization).await.map_err(of_execute)?;
    Ok((organization, strong.ok_or_else(organization_not_found)?))
}

/// The organization's settings.
#[utoipa::path(get, path = "/v1/organizations/{org}/settings", tag = "settings", params(("org" = String, Path)),
    responses((status = 200, body = SettingsView), (status = "default", body = ProblemDetails)))]
pub async fn settings(
    State(app): State<App>,
    Reader(caller): Reader,
    Ids(org): Ids<String>,
) -> Result<Response, Problem> {
    let (organization, strong) = strong(&app, &caller, &org).await?;
    Ok(json(StatusCode::OK, &SettingsView::of(organization.as_str(), &strong)))
}

/// What the organization is granted every month, and when next.
#[utoipa::path(get, path = "/v1/organizations/{org}/recurring-grant", tag = "grants", params(("org" = String, Path)),
    responses((status = 200, body = RecurringGrantState), (status = "default", body = ProblemDetails)))]
pub async fn recurring_grant(
    State(app): State<App>,
    Reader(caller): Reader,
    Ids(org): Ids<String>,
) -> Result<Response, Problem> {
    let (organization, strong) = strong(&app, &caller, &org).await?;
    Ok(json(StatusCode::OK, &RecurringGrantState::of(organization.as_str(), &strong)))
}

/// The outcome of the command with this idempotency key.
///
/// 404 while it is not known, which it may still become: a command in flight has no outcome yet.
#[utoipa::path(get, path = "/v1/organizations/{org}/commands/{idempotency_key}", tag = "commands",
    params(("org" = String, Path), ("idempotency_key" = String, Path)),
    responses((status = 200, body = Answer<'static>, description = "The command's own answer, with its own status"),
        (status = "default", body = ProblemDetails)))]
pub async fn command(
    State(app): State<App>,
    Reader(caller): Reader,
    Ids((org, given)): Ids<(String, String)>,
) -> Result<Response, Problem> {
    let organization = admitted(&app, &caller, &org)?;
    let found = app.ledger.command(&organization, &key(&given)?).await.map_err(of_execute)?;
    let committed = found.ok_or_else(|| {
        Problem::not_found("command_not_found", "no command with this idempotency key has taken effect")
    })?;
    answer(&app, &committed).await
}

async fn entity(app: &App, caller: &Caller, org: &str, given: &str) -> Result<(EntityId, Vec<RecordedEvent>), Problem> {
    let organization = admitted(app, caller, org)?;
    let id = id("id", given)?;
    Ok((id, history(app, &organization, id).await?))
}

async fn history(app: &App, organization: &OrganizationId, id: EntityId) -> Result<Vec<RecordedEvent>, Problem> {
    app.ledger.entity(organization, id).await.map_err(of_execute)
}

fn missing(code: &'static str, what: &str, id: EntityId) -> Problem {
    Problem::not_found(code, format!("there is no {what} {id}"))
}

/// A grant, and whether it has ended.
#[utoipa::path(get, path = "/v1/organizations/{org}/grants/{id}", tag = "grants", operation_id = "read_grant",
    params(("org" = String, Path), ("id" = uuid::Uuid, Path)),
    responses((status = 200, body = GrantReceipt<'static>), (status = "default", body = ProblemDetails)))]
pub async fn grant(
    State(app): State<App>,
    Reader(caller): Reader,
    Ids((org, given)): Ids<(String, String)>,
) -> Result<Response, Problem> {
    let (id, events) = entity(&app, &caller, &org, &given).await?;
    if let Some(receipt) = GrantReceipt::of(&events, id, app.clock.now()) {
        return Ok(json(StatusCode::OK, &receipt));
    }
    let missing = || missing("grant_not_found", "grant", id);
    let organization = visible(&caller, &org)?;
    let origin = origin(&app, &organization, id).await?.ok_or_else(missing)?;
    let events = history(&app, &organization, origin).await?;
    let receipt = GrantReceipt::of(&events, id, app.clock.now());
    Ok(json(StatusCode::OK, &receipt.ok_or_else(missing)?))
}

/// The first grant of the line of one that credits came back as: the log has its events under that one's id, and which
/// that is the read model knows, once it has seen all that the organization has.
async fn origin(app: &App, organization: &OrganizationId, grant: EntityId) -> Result<Option<EntityId>, Problem> {
    let Some(strong) = app.ledger.strong_balance(organization).await.map_err(of_execute)? else { return Ok(None) };
    let seen = app.projections.waiter().seen("grants", organization, strong.sequence).await;
    seen.map_err(|failure| of_wait(&failure))?;
    let row = app.reads.grant(organization, grant).await.map_err(|failure| of_query(&failure))?;
    Ok(row.and_then(|row| row.origin_grant_id))
}

/// A purchase, and what was taken back of it.
#[utoipa::path(get, path = "/v1/organizations/{org}/purchases/{id}", tag = "purchases",
    params(("org" = String, Path), ("id" = uuid::Uuid, Path)),
    responses((status = 200, body = PurchaseReceipt<'static>), (status = "default", body = ProblemDetails)))]
pub async fn purchase(
    State(app): State<App>,
    Visitor(caller): Visitor,
    Ids((org, given)): Ids<(String, String)>,
) -> Result<Response, Problem> {
    let (id, events) = entity(&app, &caller, &org, &given).await?;
    let receipt = PurchaseReceipt::of(&events);
    Ok(json(StatusCode::OK, &receipt.ok_or_else(|| missing("purchase_not_found", "purchase", id))?))
}

/// A consumption and its refunds: the receipt.
#[utoipa::path(get, path = "/v1/organizations/{org}/consumptions/{id}", tag = "consumptions",
    params(("org" = String, Path), ("id" = uuid::Uuid, Path)),
    responses((status = 200, body = ConsumptionReceipt<'static>), (status = "default", body = ProblemDetails)))]
pub async fn consumption(
    State(app): State<App>,
    Reader(caller): Reader,
    Ids((org, given)): Ids<(String, String)>,
) -> Result<Response, Problem> {
    let (id, events) = entity(&app, &caller, &org, &given).await?;
    let receipt = ConsumptionReceipt::of(&events);
    Ok(json(StatusCode::OK, &receipt.ok_or_else(|| missing("consumption_not_found", "consumption", id))?))
}

/// A reservation, and how it ended.
#[utoipa::path(get, path = "/v1/organizations/{org}/reservations/{id}", tag = "reservations",
    params(("org" = String, Path), ("id" = uuid::Uuid, Path)),
    responses((status = 200, body = ReservationReceipt<'static>), (status = "default", body = ProblemDetails)))]
pub async fn reservation(
    State(app): State<App>,
    Reader(caller): Reader,
    Ids((org, given)): Ids<(String, String)>,
) -> Result<Response, Problem> {
    let (id, events) = entity(&app, &caller, &org, &given).await?;
    let receipt = ReservationReceipt::of(&events, app.clock.now());
    Ok(json(StatusCode::OK, &receipt.ok_or_else(|| missing("reservation_not_found", "reservation", id))?))
}
