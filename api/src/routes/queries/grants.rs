//! `GET /v1/organizations/{org}/grants`.

use axum::extract::State;
use axum::response::Response;
use http::{HeaderMap, StatusCode, Uri};
use projections::queries::{GrantFilter, GrantOrder, grants::STATUSES};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use super::{Form, as_csv, form, organization, rows_or_not_found};
use crate::answers::lists::{GrantRow, Listed, NextToExpire};
use crate::app::App;
use crate::openapi::ProblemDetails;
use crate::problem::Problem;
use crate::problems::of_query;
use crate::request::query::{one_of, page};
use crate::routes::call::{Ids, Params, Reader};
use crate::routes::run::json;

/// In which order grants are listed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Order {
    #[default]
    Newest,
    Expiry,
}

impl From<Order> for GrantOrder {
    fn from(order: Order) -> Self {
        match order {
            Order::Newest => Self::Newest,
            Order::Expiry => Self::Expiry,
        }
    }
}

#[derive(Clone, Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct GrantsParams {
    /// `scheduled`, `active`, `depleted`, `expired`, `voided` or `merged`.
    status: Option<String>,
    /// `newest` (default), or `expiry`: scheduled and active ones only, the next to end first.
    #[serde(default)]
    #[param(inline)]
    order: Order,
    /// A command's `sequence`: the answer includes that command.
    min_sequence: Option<u64>,
    /// 1 to 1,000.
    #[param(minimum = 1, maximum = 1000, default = 100)]
    limit: Option<u32>,
    /// `next_cursor` of the page before.
    cursor: Option<String>,
}

/// A page of grants.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
pub struct GrantsPage {
    #[serde(flatten)]
    page: Listed<GrantRow>,
    /// The scheduled or active grant that ends next, whatever the filters; `null` when none ends.
    next_to_expire: Option<NextToExpire>,
}

/// Grants with what is left of them; as JSON or, by `Accept: text/csv`, as CSV.
#[utoipa::path(get, path = "/v1/organizations/{org}/grants", tag = "grants",
    params(("org" = String, Path), GrantsParams),
    responses(
        (status = 200, content((GrantsPage = "application/json"), (String = "text/csv"))),
        (status = "default", body = ProblemDetails)))]
pub async fn grants(
    State(app): State<App>,
    Reader(caller): Reader,
    Ids(org): Ids<String>,
    Params(params): Params<GrantsParams>,
    headers: HeaderMap,
    uri: Uri,
) -> Result<Response, Problem> {
    let status = params.status.as_deref().map(|status| one_of("status", status, &STATUSES)).transpose()?;
    let (filter, page) = (GrantFilter { status, order: params.order.into() }, page(params.limit, params.cursor)?);
    let organization = organization(&app, &caller, &org, &["grants"], params.min_sequence).await?;
    let page = app.reads.grants(&organization, &filter, &page).await;
    let page = rows_or_not_found(&app, &organization, page.map_err(|failure| of_query(&failure))?).await?;
    let page = Listed::of(page, GrantRow::from);
    if form(&headers) == Form::Csv {
        return Ok(as_csv(&uri, &page.data, page.next_cursor.as_deref()));
    }
    let next = app.reads.next_to_expire(&organization, app.clock.now()).await.map_err(|failure| of_query(&failure))?;
    Ok(json(StatusCode::OK, &GrantsPage { page, next_to_expire: next.map(NextToExpire::from) }))
}
