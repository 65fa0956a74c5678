//! `GET /v1/organizations/{org}/reservations`.

use axum::extract::State;
use axum::response::Response;
use http::{HeaderMap, Uri};
use projections::queries::{ReservationFilter, reservations::STATUSES};
use serde::Deserialize;
use utoipa::IntoParams;

use super::{listed, organization, rows_or_not_found};
use crate::answers::lists::{Listed, ReservationRow};
use crate::app::App;
use crate::openapi::ProblemDetails;
use crate::problem::Problem;
use crate::problems::of_query;
use crate::request::query::{one_of, page};
use crate::routes::call::{Ids, Params, Reader};

#[derive(Clone, Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct ReservationsParams {
    /// `pending`, `confirmed`, `cancelled` or `expired`.
    status: Option<String>,
    /// A command's `sequence`: the answer includes that command.
    min_sequence: Option<u64>,
    /// 1 to 1,000.
    #[param(minimum = 1, maximum = 1000, default = 100)]
    limit: Option<u32>,
    /// `next_cursor` of the page before.
    cursor: Option<String>,
}

/// Holds, newest first; as JSON or, by `Accept: text/csv`, as CSV.
#[utoipa::path(get, path = "/v1/organizations/{org}/reservations", tag = "reservations",
    params(("org" = String, Path), ReservationsParams),
    responses(
        (status = 200, content((Listed<ReservationRow> = "application/json"), (String = "text/csv"))),
        (status = "default", body = ProblemDetails)))]
pub async fn reservations(
    State(app): State<App>,
    Reader(caller): Reader,
    Ids(org): Ids<String>,
    Params(params): Params<ReservationsParams>,
    headers: HeaderMap,
    uri: Uri,
) -> Result<Response, Problem> {
    let status = params.status.as_deref().map(|status| one_of("status", status, &STATUSES)).transpose()?;
    let page = page(params.limit, params.cursor)?;
    let organization = organization(&app, &caller, &org, &["reservations"], params.min_sequence).await?;
    let page = app.reads.reservations(&organization, &ReservationFilter { status }, &page).await;
    let page = rows_or_not_found(&app, &organization, page.map_err(|failure| of_query(&failure))?).await?;
    Ok(listed(&headers, &uri, &Listed::of(page, ReservationRow::from)))
}
