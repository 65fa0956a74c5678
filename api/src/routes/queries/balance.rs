//! `GET /v1/organizations/{org}/balance`: from the read model, the write side, or the past.

use axum::extract::State;
use axum::response::Response;
use chrono::{DateTime, Utc};
use domain::{OrganizationId, Timestamp};
use http::StatusCode;
use serde::Deserialize;
use store::StrongBalance;
use utoipa::IntoParams;

use super::{figures, organization};
use crate::answers::BalanceAnswer;
use crate::answers::lists::of_read_model;
use crate::app::App;
use crate::openapi::ProblemDetails;
use crate::problem::Problem;
use crate::problems::{of_execute, of_query, organization_not_found};
use crate::request::query::instant;
use crate::routes::call::{Ids, Params, Visitor};
use crate::routes::run::{admitted, json};

/// Whose rows have the balance.
pub(super) const PROJECTOR: &str = "balances";

/// How fresh a balance must be.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Consistency {
    #[default]
    Default,
    Strong,
}

#[derive(Clone, Copy, Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct BalanceParams {
    /// `strong`: from the write side, settled to now. `default`: from the read model, which is moments behind.
    #[serde(default)]
    #[param(value_type = Option<String>, pattern = "^(default|strong)$")]
    consistency: Consistency,
    /// A command's `sequence`: the answer includes that command.
    min_sequence: Option<u64>,
    /// An instant of the past: the figures as they were then, from the log, holds included.
    at: Option<DateTime<Utc>>,
}

/// The organization's figures.
#[utoipa::path(get, path = "/v1/organizations/{org}/balance", tag = "organizations",
    params(("org" = String, Path), BalanceParams),
    responses((status = 200, body = BalanceAnswer), (status = "default", body = ProblemDetails)))]
pub async fn balance(
    State(app): State<App>,
    Visitor(caller): Visitor,
    Ids(org): Ids<String>,
    Params(params): Params<BalanceParams>,
) -> Result<Response, Problem> {
    let answer = match (instant("at", params.at)?, params.consistency) {
        (Some(at), _) => in_the_past(&app, &admitted(&app, &caller, &org)?, at).await?,
        (None, Consistency::Strong) => strong(&app, &admitted(&app, &caller, &org)?).await?,
        (None, Consistency::Default) => {
            let organization = organization(&app, &caller, &org, &[PROJECTOR], params.min_sequence).await?;
            projected(&app, &organization).await?
        }
    };
    Ok(json(StatusCode::OK, &answer))
}

async fn projected(app: &App, organization: &OrganizationId) -> Result<BalanceAnswer, Problem> {
    let row = figures(app, organization).await?;
    let restricted = app.reads.restricted(organization, row.restricted).await;
    Ok(of_read_model(row, restricted.map_err(|failure| of_query(&failure))?))
}

/// The write side is never behind a sequence that it gave out.
async fn strong(app: &App, organization: &OrganizationId) -> Result<BalanceAnswer, Problem> {
    let strong = app.ledger.strong_balance(organization).await.map_err(of_execute)?;
    Ok(BalanceAnswer::of(organization.as_str(), &strong.ok_or_else(organization_not_found)?))
}

async fn in_the_past(app: &App, organization: &OrganizationId, at: Timestamp) -> Result<BalanceAnswer, Problem> {
    let past = past(app, organization, at).await?;
    Ok(BalanceAnswer::of(organization.as_str(), &past.ok_or_else(organization_not_found)?))
}

/// The state as it was; `None` before the organization's first event.
///
/// # Errors
/// The instant has not come yet, or the log cannot be read.
pub(in crate::routes) async fn past(
    app: &App,
    organization: &OrganizationId,
    at: Timestamp,
) -> Result<Option<StrongBalance>, Problem> {
    if at > app.clock.now() {
        let detail = "`at` lies in the future; the forecast of the organization looks there";
        return Err(Problem::invalid("at_in_future", "Not a valid value", detail).with("field", "at"));
    }
    app.ledger.balance_at(organization, at).await.map_err(of_execute)
}
