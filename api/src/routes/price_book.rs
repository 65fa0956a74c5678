//! The price book: what operations cost. Publishing is for administrators; whoever has a key may read it.

use axum::extract::State;
use axum::response::Response;
use chrono::{DateTime, Utc};
use domain::price::Document;
use http::StatusCode;
use serde::{Deserialize, Serialize};
use store::catalogue::price_books;
use utoipa::{IntoParams, ToSchema};

use super::call::{Call, Params, Reader, Visitor};
use super::packages::{VersionsParams, next};
use super::run::json;
use crate::answers::lists::Listed;
use crate::answers::{PriceBookVersion, PriceBookView};
use crate::app::App;
use crate::auth::Scope;
use crate::catalogue::diff::Difference;
use crate::openapi::ProblemDetails;
use crate::problem::Problem;
use crate::problems::of_catalogue;
use crate::request::body::read_text;
use crate::request::query::instant;

#[derive(Clone, Copy, Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct PriceBookParams {
    /// The version in force then; default now.
    at: Option<DateTime<Utc>>,
    /// This version, in force or not.
    version: Option<u32>,
}

/// The price book in force, or the version that is asked for.
#[utoipa::path(get, path = "/v1/price-book", tag = "price book", operation_id = "read_price_book", params(PriceBookParams),
    responses((status = 200, body = PriceBookView), (status = "default", body = ProblemDetails)))]
pub async fn read(
    State(app): State<App>,
    Reader(_): Reader,
    Params(params): Params<PriceBookParams>,
) -> Result<Response, Problem> {
    let pool = app.catalogue.pool();
    let publication = match (params.version, instant("at", params.at)?) {
        (Some(_), Some(_)) => {
            return Err(Problem::invalid("two_versions", "Two versions", "give either `at` or `version`, not both"));
        }
        (Some(version), None) => price_books::version(pool, version).await,
        (None, at) => match price_books::in_force(pool, at.unwrap_or_else(|| app.clock.now())).await {
            Ok(Some(publication)) => Ok(publication),
            Ok(None) => return Err(Problem::not_found("no_price_book", "no price book is in force")),
            Err(error) => Err(error),
        },
    };
    let publication = publication.map_err(|error| of_catalogue(&error))?;
    Ok(json(StatusCode::OK, &PriceBookView::from(&publication)))
}

/// Publishes a price book as a whole: the next version, which never changes.
///
/// Without `valid_from` it holds two seconds later, when every server has it. The latest version published again is
/// answered as it is.
#[utoipa::path(put, path = "/v1/price-book", tag = "price book", operation_id = "publish_price_book", request_body = PriceBookBody,
    responses((status = 200, body = PriceBookView), (status = "default", body = ProblemDetails)))]
pub async fn publish(State(app): State<App>, call: Call) -> Result<Response, Problem> {
    call.caller.must_have(Scope::Admin)?;
    call.caller.must_be_unbound()?;
    let document: Document = read_text(call.body())?;
    let published = price_books::publish(app.catalogue.pool(), document, &app.catalogue.author(&call.caller)).await;
    let published = published.map_err(|error| of_catalogue(&error))?;
    app.catalogue.refresh().await?;
    Ok(json(StatusCode::OK, &PriceBookView::from(&published)))
}

/// How amounts are shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct ScaleAnswer {
    /// Decimals that an amount has where people read it: with 2, an amount of 1250 is shown as 12.50.
    #[schema(minimum = 0, maximum = 9)]
    scale: u8,
}

/// How many decimals amounts have where people read them, by the price book in force; 0 where there is none.
///
/// It moves the decimal point of what is shown and nothing else: amounts in requests and answers are whole credits. Old
/// charges are shown by it, too.
#[utoipa::path(get, path = "/v1/price-book/scale", tag = "price book", operation_id = "price_book_scale",
    responses((status = 200, body = ScaleAnswer), (status = "default", body = ProblemDetails)))]
pub async fn scale(State(app): State<App>, Visitor(_): Visitor) -> Result<Response, Problem> {
    let books = app.catalogue.books().await?;
    let scale = books.at(app.clock.now()).map(|published| published.book.scale()).unwrap_or_default();
    Ok(json(StatusCode::OK, &ScaleAnswer { scale: scale.decimals() }))
}

/// All versions, newest first.
#[utoipa::path(get, path = "/v1/price-book/versions", tag = "price book", operation_id = "price_book_versions", params(VersionsParams),
    responses((status = 200, body = Listed<PriceBookVersion>), (status = "default", body = ProblemDetails)))]
pub async fn versions(
    State(app): State<App>,
    Reader(_): Reader,
    Params(params): Params<VersionsParams>,
) -> Result<Response, Problem> {
    let (before, limit) = params.page()?;
    let found = price_books::list(app.catalogue.pool(), before, limit.rows()).await;
    let found = found.map_err(|error| of_catalogue(&error))?;
    let next_cursor = next(found.last().map(|publication| publication.published.version));
    Ok(json(StatusCode::OK, &Listed { data: found.iter().map(PriceBookVersion::from).collect(), next_cursor }))
}

#[derive(Clone, Copy, Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct DiffParams {
    from: u32,
    to: u32,
}

/// What has changed from one version to another.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
pub struct DiffAnswer {
    from: u32,
    to: u32,
    #[serde(flatten)]
    difference: Difference,
}

/// What has changed between two versions.
#[utoipa::path(get, path = "/v1/price-book/diff", tag = "price book", operation_id = "price_book_diff", params(DiffParams),
    responses((status = 200, body = DiffAnswer), (status = "default", body = ProblemDetails)))]
pub async fn diff(
    State(app): State<App>,
    Reader(_): Reader,
    Params(DiffParams { from, to }): Params<DiffParams>,
) -> Result<Response, Problem> {
    let version =
        async |version| price_books::version(app.catalogue.pool(), version).await.map_err(|error| of_catalogue(&error));
    let (before, after) = (version(from).await?, version(to).await?);
    let difference = Difference::between(before.published.book.document(), after.published.book.document());
    Ok(json(StatusCode::OK, &DiffAnswer { from, to, difference }))
}

/// A whole price book, as `docs/prices.md` describes it.
#[derive(Clone, Debug, ToSchema)]
#[expect(dead_code, reason = "it describes the document; `domain::price::Document` reads it")]
pub struct PriceBookBody {
    /// `up` (default), `down`, `half_up` or `half_even`: how the sum of a price becomes whole credits.
    rounding: Option<String>,
    /// How many decimals amounts have where people read them; default 0. Amounts stay whole numbers everywhere else.
    #[schema(minimum = 0, maximum = 9)]
    scale: Option<u8>,
    /// From when on it holds; default two seconds from now.
    valid_from: Option<DateTime<Utc>>,
    /// Units of your own, beside the usual ones.
    units: Option<Vec<String>>,
    /// Dimensions of your own, beside `model`, `endpoint` and `region`.
    dimensions: Option<Vec<String>>,
    /// What an organization is given at its first appearance: `{"amount"?, "validity_days"?, "monthly"?}`.
    #[schema(value_type = Option<Object>)]
    welcome: Option<()>,
    /// Requests a second by tier: `{"name": {"requests_per_second", "burst"?}}`; `default` is for whoever has no tier.
    #[schema(value_type = Option<Object>)]
    rate_tiers: Option<()>,
    /// An estimate above so many percent of the balance warns; default 50.
    #[schema(minimum = 1, maximum = 100)]
    warning_percent: Option<u8>,
    /// `{"operation", "dimensions"?, "components", "uncharged"?, "minimum"?, "maximum"?}` each.
    #[schema(value_type = Vec<Object>)]
    prices: Vec<()>,
}
