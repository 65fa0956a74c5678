//! Packages: what is for sale. Whoever has a key or a browser token may look.
//!
//! A package belongs to no organization and its changes are no events, so no idempotency key is asked for: what is sent
//! twice changes nothing the second time.

use axum::extract::State;
use axum::response::Response;
use domain::package::{PackageChange, PackageId};
use http::StatusCode;
use projections::queries::Limit;
use serde::Deserialize;
use store::catalogue::packages;
use utoipa::IntoParams;

use super::call::{Call, Ids, Params, Reader, Visitor};
use super::run::json;
use crate::answers::PackageView;
use crate::answers::lists::Listed;
use crate::app::App;
use crate::auth::{Caller, Scope};
use crate::openapi::ProblemDetails;
use crate::problem::Problem;
use crate::problems::{of_catalogue, package_not_found};
use crate::request::body::read_text;
use crate::request::packages::{PackageBody, PackageChangeBody, id};
use crate::request::query::{page, version_cursor};

fn must_manage(caller: &Caller) -> Result<(), Problem> {
    caller.must_have(Scope::Admin)?;
    caller.must_be_unbound()
}

#[derive(Clone, Copy, Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct PackagesParams {
    /// Packages that are not for sale any more, too.
    #[serde(default)]
    include_retired: bool,
}

/// What is for sale, cheapest first, each with what a credit costs.
///
/// There are at most a thousand, so there is never a next page.
#[utoipa::path(get, path = "/v1/packages", tag = "packages", operation_id = "list_packages", params(PackagesParams),
    responses((status = 200, body = Listed<PackageView>), (status = "default", body = ProblemDetails)))]
pub async fn list(
    State(app): State<App>,
    Visitor(_): Visitor,
    Params(params): Params<PackagesParams>,
) -> Result<Response, Problem> {
    let found = packages::list(app.catalogue.pool(), params.include_retired).await;
    let found = found.map_err(|error| of_catalogue(&error))?;
    let data = found.iter().map(|package| PackageView::among(package, &found)).collect();
    Ok(json(StatusCode::OK, &Listed { data, next_cursor: None }))
}

/// A package as it is now, retired or not.
#[utoipa::path(get, path = "/v1/packages/{id}", tag = "packages", operation_id = "read_package", params(("id" = String, Path)),
    responses((status = 200, body = PackageView), (status = "default", body = ProblemDetails)))]
pub async fn read(State(app): State<App>, Visitor(_): Visitor, Ids(given): Ids<String>) -> Result<Response, Problem> {
    let package = packages::current(app.catalogue.pool(), &id(&given)?).await;
    Ok(json(StatusCode::OK, &PackageView::of(&package.map_err(|error| of_catalogue(&error))?)))
}

/// Makes a package. One that is there with the same terms is answered as it is.
#[utoipa::path(post, path = "/v1/packages", tag = "packages", operation_id = "create_package", request_body = PackageBody,
    responses(
        (status = 201, body = PackageView),
        (status = 409, body = ProblemDetails, description = "There is one of this id with other terms"),
        (status = "default", body = ProblemDetails)))]
pub async fn create(State(app): State<App>, call: Call) -> Result<Response, Problem> {
    must_manage(&call.caller)?;
    let (id, terms) = read_text::<PackageBody>(call.body())?.terms()?;
    let made = packages::create(app.catalogue.pool(), &id, terms, &app.catalogue.author(&call.caller)).await;
    Ok(json(StatusCode::CREATED, &PackageView::of(&made.map_err(|error| of_catalogue(&error))?)))
}

/// Changes a package: purchases from now on are of the next version.
#[utoipa::path(patch, path = "/v1/packages/{id}", tag = "packages", operation_id = "change_package", request_body = PackageChangeBody,
    params(("id" = String, Path)),
    responses((status = 200, body = PackageView), (status = "default", body = ProblemDetails)))]
pub async fn change(State(app): State<App>, Ids(given): Ids<String>, call: Call) -> Result<Response, Problem> {
    must_manage(&call.caller)?;
    let id = id(&given)?;
    let body: PackageChangeBody = read_text(call.body())?;
    let current = packages::current(app.catalogue.pool(), &id).await.map_err(|error| of_catalogue(&error))?;
    let change = body.change(current.terms.price.currency)?;
    changed(&app, &call.caller, &id, change).await
}

/// Takes a package off sale. What was bought stays bought.
#[utoipa::path(post, path = "/v1/packages/{id}/retire", tag = "packages", operation_id = "retire_package", params(("id" = String, Path)),
    responses((status = 200, body = PackageView), (status = "default", body = ProblemDetails)))]
pub async fn retire(State(app): State<App>, Ids(given): Ids<String>, call: Call) -> Result<Response, Problem> {
    must_manage(&call.caller)?;
    let change = PackageChange { is_active: Some(false), ..PackageChange::default() };
    changed(&app, &call.caller, &id(&given)?, change).await
}

async fn changed(app: &App, caller: &Caller, id: &PackageId, change: PackageChange) -> Result<Response, Problem> {
    let changed = packages::change(app.catalogue.pool(), id, change, &app.catalogue.author(caller)).await;
    Ok(json(StatusCode::OK, &PackageView::of(&changed.map_err(|error| of_catalogue(&error))?)))
}

#[derive(Clone, Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct VersionsParams {
    /// 1 to 1,000.
    #[param(minimum = 1, maximum = 1000, default = 100)]
    pub limit: Option<u32>,
    /// `next_cursor` of the page before.
    pub cursor: Option<String>,
}

impl VersionsParams {
    /// Below which version the page begins, and how many it has at most.
    pub(super) fn page(self) -> Result<(Option<u32>, Limit), Problem> {
        let limit = page(self.limit, None)?.limit;
        Ok((self.cursor.as_deref().map(version_cursor).transpose()?, limit))
    }
}

/// All versions of a package, newest first, with who made them.
#[utoipa::path(get, path = "/v1/packages/{id}/history", tag = "packages", operation_id = "package_history",
    params(("id" = String, Path), VersionsParams),
    responses((status = 200, body = Listed<PackageView>), (status = "default", body = ProblemDetails)))]
pub async fn history(
    State(app): State<App>,
    Reader(caller): Reader,
    Ids(given): Ids<String>,
    Params(params): Params<VersionsParams>,
) -> Result<Response, Problem> {
    caller.must_be_unbound()?;
    let (id, (before, limit)) = (id(&given)?, params.page()?);
    let versions = packages::history(app.catalogue.pool(), &id, before, limit.rows()).await;
    let versions = versions.map_err(|error| of_catalogue(&error))?;
    if versions.is_empty() && before.is_none() {
        return Err(package_not_found(id.as_str()));
    }
    let next_cursor = next(versions.last().map(|package| package.version));
    Ok(json(StatusCode::OK, &Listed { data: versions.iter().map(PackageView::of_history).collect(), next_cursor }))
}

/// Versions run from 1 without gaps, so the last one of a page says whether others follow.
pub(super) fn next(last: Option<u32>) -> Option<String> {
    last.filter(|version| *version > 1).map(|version| version.to_string())
}
