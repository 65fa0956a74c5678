//! Notification endpoints, for administrators; one whose key is bound to an organization has its own endpoints only.
//!
//! As for keys, no idempotency key is asked for: an answer that is repeated would repeat a secret, and no event is made.

use axum::extract::State;
use axum::response::{IntoResponse, Response};
use domain::OrganizationId;
use http::StatusCode;
use notifications::{Deliveries, Endpoints, NotificationError, State as DeliveryState};
use projections::queries::QueryError;
use projections::queries::cursor::Walk;
use serde::Deserialize;
use utoipa::IntoParams;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;
use uuid::Uuid;

use super::call::{Call, Ids, Params, Reader, organization};
use super::run::json;
use crate::answers::lists::Listed;
use crate::answers::{DeliveryView, NotificationEndpointView, ResentView};
use crate::app::App;
use crate::auth::{Caller, Scope};
use crate::openapi::ProblemDetails;
use crate::problem::Problem;
use crate::problems::{of_notification, of_query};
use crate::request::body::read_text;
use crate::request::id;
use crate::request::notifications::{
    NotificationEndpointBody, NotificationEndpointChangeBody, ResendBody, SecretRotationBody,
};
use crate::request::query::{one_of, page};

/// The routes of this file.
pub(super) fn documented() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .routes(routes!(create, list))
        .routes(routes!(read, change, remove))
        .routes(routes!(rotate))
        .routes(routes!(test))
        .routes(routes!(deliveries))
        .routes(routes!(resend))
}

/// An administrator's own organization, if the key is bound to one.
fn must_manage(caller: &Caller) -> Result<Option<&OrganizationId>, Problem> {
    caller.must_have(Scope::Admin)?;
    Ok(caller.organization.as_ref())
}

fn endpoints(app: &App) -> &Endpoints {
    app.notifications.endpoints()
}

fn told(error: NotificationError) -> Problem {
    of_notification(&error)
}

/// Makes an endpoint. Its secret is in the answer and cannot be read again.
///
/// It is told of what happens from now on.
#[utoipa::path(post, path = "/v1/notification-endpoints", tag = "notifications", operation_id = "create_notification_endpoint",
    request_body = NotificationEndpointBody,
    responses((status = 201, body = NotificationEndpointView), (status = "default", body = ProblemDetails)))]
pub async fn create(State(app): State<App>, call: Call) -> Result<Response, Problem> {
    let own = must_manage(&call.caller)?;
    let body: NotificationEndpointBody = read_text(call.body())?;
    let asked = body.organization_id.as_deref().map(organization).transpose()?;
    if let Some(asked) = &asked {
        call.caller.must_see(asked)?;
    }
    let organization = asked.or_else(|| own.cloned());
    let new = body.endpoint(organization, &call.caller.actor, app.notifications.addresses())?;
    let (endpoint, secret) = endpoints(&app).create(new).await.map_err(told)?;
    let view = NotificationEndpointView { secret: Some(secret.reveal()), ..endpoint.into() };
    Ok(json(StatusCode::CREATED, &view))
}

#[derive(Clone, Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct EndpointsParams {
    /// 1 to 1,000.
    #[param(minimum = 1, maximum = 1000, default = 100)]
    limit: Option<u32>,
    /// `next_cursor` of the page before.
    cursor: Option<String>,
}

/// Endpoints, oldest first.
#[utoipa::path(get, path = "/v1/notification-endpoints", tag = "notifications", operation_id = "list_notification_endpoints", params(EndpointsParams),
    responses((status = 200, body = Listed<NotificationEndpointView>), (status = "default", body = ProblemDetails)))]
pub async fn list(
    State(app): State<App>,
    Reader(caller): Reader,
    Params(params): Params<EndpointsParams>,
) -> Result<Response, Problem> {
    let own = must_manage(&caller)?;
    let page = page(params.limit, params.cursor)?;
    let walk = Walk::of("notification-endpoints", own.map_or("", OrganizationId::as_str), &());
    let after: Option<Uuid> = key(&walk, page.cursor.as_deref())?;
    let rows = page.limit.rows();
    let found = endpoints(&app).list(own, after, rows + 1).await.map_err(told)?;
    Ok(json(StatusCode::OK, &listed(found, rows, &walk, |endpoint| endpoint.id, NotificationEndpointView::from)))
}

/// An endpoint.
#[utoipa::path(get, path = "/v1/notification-endpoints/{id}", tag = "notifications", operation_id = "read_notification_endpoint", params(("id" = Uuid, Path)),
    responses((status = 200, body = NotificationEndpointView), (status = "default", body = ProblemDetails)))]
pub async fn read(
    State(app): State<App>,
    Reader(caller): Reader,
    Ids(given): Ids<String>,
) -> Result<Response, Problem> {
    let found = endpoints(&app).find(id("id", &given)?, must_manage(&caller)?).await.map_err(told)?;
    Ok(json(StatusCode::OK, &NotificationEndpointView::from(found)))
}

/// Changes an endpoint. What waits goes to the new address; what a new filter leaves out is not taken back.
#[utoipa::path(patch, path = "/v1/notification-endpoints/{id}", tag = "notifications", operation_id = "change_notification_endpoint", params(("id" = Uuid, Path)),
    request_body = NotificationEndpointChangeBody,
    responses((status = 200, body = NotificationEndpointView), (status = "default", body = ProblemDetails)))]
pub async fn change(State(app): State<App>, Ids(given): Ids<String>, call: Call) -> Result<Response, Problem> {
    let own = must_manage(&call.caller)?;
    let body: NotificationEndpointChangeBody = read_text(call.body())?;
    let change = body.change(app.notifications.addresses())?;
    let changed = endpoints(&app).change(id("id", &given)?, own, change).await.map_err(told)?;
    Ok(json(StatusCode::OK, &NotificationEndpointView::from(changed)))
}

/// Removes an endpoint, with all that it was told or waits for.
#[utoipa::path(delete, path = "/v1/notification-endpoints/{id}", tag = "notifications", operation_id = "remove_notification_endpoint", params(("id" = Uuid, Path)),
    responses((status = 204), (status = "default", body = ProblemDetails)))]
pub async fn remove(
    State(app): State<App>,
    Reader(caller): Reader,
    Ids(given): Ids<String>,
) -> Result<Response, Problem> {
    endpoints(&app).remove(id("id", &given)?, must_manage(&caller)?).await.map_err(told)?;
    Ok(StatusCode::NO_CONTENT.into_response())
}

/// Gives an endpoint another secret, which is in the answer and cannot be read again.
///
/// The one before signs beside it for a while, so that the receiver can change over: a notification carries a signature
/// by each.
#[utoipa::path(post, path = "/v1/notification-endpoints/{id}/rotate-secret", tag = "notifications", operation_id = "rotate_notification_secret",
    params(("id" = Uuid, Path)), request_body = SecretRotationBody,
    responses((status = 200, body = NotificationEndpointView), (status = "default", body = ProblemDetails)))]
pub async fn rotate(State(app): State<App>, Ids(given): Ids<String>, call: Call) -> Result<Response, Problem> {
    let own = must_manage(&call.caller)?;
    let overlap = read_text::<SecretRotationBody>(call.body())?.overlap()?;
    let (endpoint, secret) = endpoints(&app).rotate(id("id", &given)?, own, overlap).await.map_err(told)?;
    let view = NotificationEndpointView { secret: Some(secret.reveal()), ..endpoint.into() };
    Ok(json(StatusCode::OK, &view))
}

/// Sends the endpoint a notification of type `credits.test`; its delivery tells what came of it.
#[utoipa::path(post, path = "/v1/notification-endpoints/{id}/test", tag = "notifications", operation_id = "test_notification_endpoint", params(("id" = Uuid, Path)),
    responses((status = 202, body = DeliveryView), (status = "default", body = ProblemDetails)))]
pub async fn test(State(app): State<App>, Ids(given): Ids<String>, call: Call) -> Result<Response, Problem> {
    let own = must_manage(&call.caller)?;
    let delivery = Deliveries::new(endpoints(&app).clone()).test(id("id", &given)?, own).await.map_err(told)?;
    Ok(json(StatusCode::ACCEPTED, &DeliveryView::from(delivery)))
}

#[derive(Clone, Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct DeliveriesParams {
    /// `waiting`, `delivered` or `parked`; default all.
    state: Option<String>,
    /// 1 to 1,000.
    #[param(minimum = 1, maximum = 1000, default = 100)]
    limit: Option<u32>,
    /// `next_cursor` of the page before.
    cursor: Option<String>,
}

/// What an endpoint was told, newest first. Delivered ones are kept for 7 days, parked ones for 30.
#[utoipa::path(get, path = "/v1/notification-endpoints/{id}/deliveries", tag = "notifications", operation_id = "notification_deliveries",
    params(("id" = Uuid, Path), DeliveriesParams),
    responses((status = 200, body = Listed<DeliveryView>), (status = "default", body = ProblemDetails)))]
pub async fn deliveries(
    State(app): State<App>,
    Reader(caller): Reader,
    Ids(given): Ids<String>,
    Params(params): Params<DeliveriesParams>,
) -> Result<Response, Problem> {
    let endpoint = endpoints(&app).find(id("id", &given)?, must_manage(&caller)?).await.map_err(told)?;
    let state = params.state.as_deref().map(state).transpose()?;
    let page = page(params.limit, params.cursor)?;
    let walk = Walk::of("notification-deliveries", &endpoint.id.to_string(), &state.map(DeliveryState::name));
    let before: Option<i64> = key(&walk, page.cursor.as_deref())?;
    let rows = page.limit.rows();
    let found = Deliveries::new(endpoints(&app).clone()).list(endpoint.id, state, before, rows + 1).await;
    let found = found.map_err(told)?;
    Ok(json(StatusCode::OK, &listed(found, rows, &walk, |delivery| delivery.ordinal, DeliveryView::from)))
}

/// Sends a delivery that has ended again, or all parked ones, under the same ids.
#[utoipa::path(post, path = "/v1/notification-endpoints/{id}/resend", tag = "notifications", operation_id = "resend_notification",
    params(("id" = Uuid, Path)), request_body = ResendBody,
    responses((status = 202, body = ResentView), (status = "default", body = ProblemDetails)))]
pub async fn resend(State(app): State<App>, Ids(given): Ids<String>, call: Call) -> Result<Response, Problem> {
    let own = must_manage(&call.caller)?;
    let endpoint = endpoints(&app).find(id("id", &given)?, own).await.map_err(told)?;
    let body: ResendBody = read_text(call.body())?;
    let deliveries = Deliveries::new(endpoints(&app).clone());
    let resent = match body.delivery_id {
        Some(delivery) => {
            deliveries.resend(endpoint.id, delivery).await.map_err(told)?;
            ResentView { count: 1, has_more: false }
        }
        None => deliveries.resend_parked(endpoint.id).await.map_err(told)?.into(),
    };
    Ok(json(StatusCode::ACCEPTED, &resent))
}

fn state(given: &str) -> Result<DeliveryState, Problem> {
    const NAMES: &[&str] =
        &[DeliveryState::Waiting.name(), DeliveryState::Delivered.name(), DeliveryState::Parked.name()];
    let name = one_of("state", given, NAMES)?;
    let found = DeliveryState::ALL.iter().find(|state| state.name() == name).copied();
    Ok(found.expect("it is one of their names"))
}

fn key<K: serde::de::DeserializeOwned>(walk: &Walk, cursor: Option<&str>) -> Result<Option<K>, Problem> {
    cursor.map(|cursor| walk.key(cursor)).transpose().map_err(|error| of_query(&QueryError::Cursor(error)))
}

/// A page of one row more than it shows, if there are as many.
fn listed<R, T, K: serde::Serialize>(
    mut found: Vec<R>,
    rows: u32,
    walk: &Walk,
    key: impl Fn(&R) -> K,
    view: impl Fn(R) -> T,
) -> Listed<T> {
    let rows = usize::try_from(rows).unwrap_or(usize::MAX);
    let is_full = found.len() > rows;
    found.truncate(rows);
    let next_cursor = found.last().filter(|_| is_full).map(|last| walk.cursor(&key(last)));
    Listed { data: found.into_iter().map(view).collect(), next_cursor }
}
