//! `GET /v1/organizations/{org}/purchases`.

use axum::extract::State;
use axum::response::Response;
use http::{HeaderMap, Uri};
use projections::queries::{PurchaseFilter, purchases::STATUSES};
use serde::Deserialize;
use utoipa::IntoParams;

use super::{listed, organization, rows_or_not_found};
use crate::answers::lists::{Listed, PurchaseRow};
use crate::app::App;
use crate::openapi::ProblemDetails;
use crate::problem::Problem;
use crate::problems::of_query;
use crate::request::query::{one_of, page};
use crate::routes::call::{Ids, Params, Visitor};

#[derive(Clone, Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct PurchasesParams {
    /// `started`, `completed`, `failed`, `expired`, `partly_revoked` or `revoked`.
    status: Option<String>,
    /// A command's `sequence`: the answer includes that command.
    min_sequence: Option<u64>,
    /// 1 to 1,000.
    #[param(minimum = 1, maximum = 1000, default = 100)]
    limit: Option<u32>,
    /// `next_cursor` of the page before.
    cursor: Option<String>,
}

/// Payments, newest first; as JSON or, by `Accept: text/csv`, as CSV.
#[utoipa::path(get, path = "/v1/organizations/{org}/purchases", tag = "purchases",
    params(("org" = String, Path), PurchasesParams),
    responses(
        (status = 200, content((Listed<PurchaseRow> = "application/json"), (String = "text/csv"))),
        (status = "default", body = ProblemDetails)))]
pub async fn purchases(
    State(app): State<App>,
    Visitor(caller): Visitor,
    Ids(org): Ids<String>,
    Params(params): Params<PurchasesParams>,
    headers: HeaderMap,
    uri: Uri,
) -> Result<Response, Problem> {
    let status = params.status.as_deref().map(|status| one_of("status", status, &STATUSES)).transpose()?;
    let page = page(params.limit, params.cursor)?;
    let organization = organization(&app, &caller, &org, &["purchases"], params.min_sequence).await?;
    let page = app.reads.purchases(&organization, &PurchaseFilter { status }, &page).await;
    let page = rows_or_not_found(&app, &organization, page.map_err(|failure| of_query(&failure))?).await?;
    Ok(listed(&headers, &uri, &Listed::of(page, PurchaseRow::from)))
}
