//! `GET /v1/organizations/{org}/forecast`.

use axum::extract::State;
use axum::response::Response;
use chrono::TimeDelta;
use http::StatusCode;
use serde::Deserialize;
use utoipa::IntoParams;

use super::{balance, figures, organization};
use crate::answers::lists::ForecastAnswer;
use crate::app::App;
use crate::openapi::ProblemDetails;
use crate::problem::Problem;
use crate::problems::of_query;
use crate::routes::call::{Ids, Params, Reader};
use crate::routes::run::json;

/// A month of habits.
const DAYS_DEFAULT: u32 = 30;
/// A quarter; what is older says little of today.
const DAYS_MAX: u32 = 90;

#[derive(Clone, Copy, Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct ForecastParams {
    /// Over how many days spending is measured, 1 to 90; over fewer where the organization is younger.
    #[param(minimum = 1, maximum = 90, default = 30)]
    days: Option<u32>,
    /// A command's `sequence`: the answer includes that command.
    min_sequence: Option<u64>,
}

impl ForecastParams {
    fn lookback(self) -> Result<TimeDelta, Problem> {
        let days = self.days.unwrap_or(DAYS_DEFAULT);
        if (1..=DAYS_MAX).contains(&days) {
            return Ok(TimeDelta::days(days.into()));
        }
        let detail = format!("`days` is {days}; give 1 to {DAYS_MAX}");
        Err(Problem::invalid("invalid_value", "Not a valid value", detail).with("field", "days"))
    }
}

/// How long the credits last at the present rate of spending, and which would expire unused.
#[utoipa::path(get, path = "/v1/organizations/{org}/forecast", tag = "organizations",
    params(("org" = String, Path), ForecastParams),
    responses((status = 200, body = ForecastAnswer), (status = "default", body = ProblemDetails)))]
pub async fn forecast(
    State(app): State<App>,
    Reader(caller): Reader,
    Ids(org): Ids<String>,
    Params(params): Params<ForecastParams>,
) -> Result<Response, Problem> {
    let lookback = params.lookback()?;
    let projectors = [balance::PROJECTOR, "grants", "usage"];
    let organization = organization(&app, &caller, &org, &projectors, params.min_sequence).await?;
    let row = figures(&app, &organization).await?;
    let outlook = app.reads.outlook(&organization, lookback, row.created_at, app.clock.now()).await;
    let outlook = outlook.map_err(|failure| of_query(&failure))?;
    Ok(json(StatusCode::OK, &ForecastAnswer::of(row.organization_id, row.balance, outlook)))
}
