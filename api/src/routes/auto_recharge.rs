//! Auto-recharge of an organization: its policy, and why a recharge is made or not.

use axum::extract::State;
use axum::response::Response;
use chrono::{DateTime, Utc};
use http::StatusCode;
use serde::Deserialize;
use utoipa::IntoParams;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::call::{Ids, Params, Visitor, VisitorCall};
use super::queries::past;
use super::run::{json, single, visible};
use crate::answers::{AutoRechargeAnswer, AutoRechargeResumption, AutoRechargeState};
use crate::app::App;
use crate::openapi::ProblemDetails;
use crate::problem::Problem;
use crate::problems::{of_execute, organization_not_found};
use crate::request::Kind;
use crate::request::auto_recharge::{AutoRechargeBody, ResumeBody};
use crate::request::query::instant;

pub(super) fn documented() -> OpenApiRouter<App> {
    OpenApiRouter::new().routes(routes!(configure, read)).routes(routes!(resume))
}

/// Sets when credits are bought for an organization, and how many.
///
/// A recharge is asked for in the same transaction as the command that takes the balance below the threshold, and is
/// charged to the saved card within moments. At most one is in flight.
#[utoipa::path(put, path = "/v1/organizations/{org}/auto-recharge", tag = "auto-recharge", operation_id = "configure_auto_recharge", request_body = AutoRechargeBody,
    params(("org" = String, Path), ("Idempotency-Key" = String, Header)),
    responses(
        (status = 200, body = AutoRechargeAnswer<'static>),
        (status = 422, body = ProblemDetails, description = "The package is unknown or retired, or could not lift the balance above the threshold"),
        (status = "default", body = ProblemDetails)))]
pub async fn configure(
    State(app): State<App>,
    Ids(org): Ids<String>,
    VisitorCall(call): VisitorCall,
) -> Result<Response, Problem> {
    single(&app, Kind::ConfigureAutoRecharge, &org, None, call).await
}

/// Recharging goes on after it was suspended.
///
/// Where the balance is still below the threshold, the next recharge is asked for at once.
#[utoipa::path(post, path = "/v1/organizations/{org}/auto-recharge/resume", tag = "auto-recharge", operation_id = "resume_auto_recharge", request_body = ResumeBody,
    params(("org" = String, Path), ("Idempotency-Key" = String, Header)),
    responses(
        (status = 200, body = AutoRechargeResumption<'static>),
        (status = "default", body = ProblemDetails)))]
pub async fn resume(
    State(app): State<App>,
    Ids(org): Ids<String>,
    VisitorCall(call): VisitorCall,
) -> Result<Response, Problem> {
    single(&app, Kind::ResumeRecharge, &org, None, call).await
}

#[derive(Clone, Copy, Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct AutoRechargeParams {
    /// An instant of the past: the policy and the decision as they were then.
    at: Option<DateTime<Utc>>,
}

/// The policy, what is pending, and whether a recharge would be asked for now, or why not.
#[utoipa::path(get, path = "/v1/organizations/{org}/auto-recharge", tag = "auto-recharge", operation_id = "read_auto_recharge",
    params(("org" = String, Path), AutoRechargeParams),
    responses((status = 200, body = AutoRechargeState), (status = "default", body = ProblemDetails)))]
pub async fn read(
    State(app): State<App>,
    Visitor(caller): Visitor,
    Ids(org): Ids<String>,
    Params(params): Params<AutoRechargeParams>,
) -> Result<Response, Problem> {
    let organization = visible(&caller, &org)?;
    let found = match instant("at", params.at)? {
        Some(at) => past(&app, &organization, at).await?,
        None => app.ledger.strong_balance(&organization).await.map_err(of_execute)?,
    };
    let strong = found.ok_or_else(organization_not_found)?;
    Ok(json(StatusCode::OK, &AutoRechargeState::of(organization.as_str(), &strong)))
}
