//! `GET /v1/organizations`.

use axum::extract::State;
use axum::response::Response;
use domain::OrganizationId;
use http::{HeaderMap, Uri};
use projections::queries::OrganizationFilter;
use serde::Deserialize;
use utoipa::IntoParams;

use super::listed;
use crate::answers::lists::{Listed, OrganizationRow};
use crate::app::App;
use crate::openapi::ProblemDetails;
use crate::problem::Problem;
use crate::problems::of_query;
use crate::request::query::page;
use crate::routes::call::{Params, Reader, organization};

#[derive(Clone, Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct OrganizationsParams {
    /// With what the id begins.
    prefix: Option<String>,
    /// 1 to 1,000.
    #[param(minimum = 1, maximum = 1000, default = 100)]
    limit: Option<u32>,
    /// `next_cursor` of the page before.
    cursor: Option<String>,
}

/// Organizations by their ids; a key that is bound to one sees that one. As JSON or, by `Accept: text/csv`, as CSV.
#[utoipa::path(get, path = "/v1/organizations", tag = "organizations", params(OrganizationsParams),
    responses(
        (status = 200, content((Listed<OrganizationRow> = "application/json"), (String = "text/csv"))),
        (status = "default", body = ProblemDetails)))]
pub async fn organizations(
    State(app): State<App>,
    Reader(caller): Reader,
    Params(params): Params<OrganizationsParams>,
    headers: HeaderMap,
    uri: Uri,
) -> Result<Response, Problem> {
    // A beginning of an id is of the form of an id.
    let prefix = params.prefix.as_deref().filter(|prefix| !prefix.is_empty()).map(organization).transpose()?;
    let prefix = prefix.as_ref().map(OrganizationId::to_string);
    let filter = OrganizationFilter { prefix, only: caller.organization.clone() };
    let page = app.reads.organizations(&filter, &page(params.limit, params.cursor)?).await;
    let page = page.map_err(|failure| of_query(&failure))?;
    Ok(listed(&headers, &uri, &Listed::of(page, OrganizationRow::from)))
}
