//! Reads of the read models: which organization, how fresh, in which form. The questions are in `projections::queries`.
//!
//! Invariant: an answer about an organization is given only to who may see it; to others there is no such organization.

mod balance;
mod forecast;
mod grants;
mod organizations;
mod purchases;
mod reservations;
mod transactions;
mod usage;

use std::fmt::Write as _;

use domain::OrganizationId;
use http::header::{CONTENT_TYPE, LINK};
use http::{HeaderMap, HeaderValue, StatusCode, Uri};

use axum::response::{IntoResponse, Response};
use projections::queries::{OrganizationCredits, Page};
use serde::Serialize;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::run::{json, visible};
use crate::answers::lists::Listed;
use crate::app::App;
use crate::auth::Caller;
use crate::csv::{self, Row};
use crate::problem::Problem;
use crate::problems::{of_execute, of_query, of_wait, organization_not_found};
use crate::request::preferred;

pub(super) use balance::past;

/// The queries' routes, with their description.
pub fn documented() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .routes(routes!(balance::balance))
        .routes(routes!(transactions::transactions))
        .routes(routes!(grants::grants))
        .routes(routes!(reservations::reservations))
        .routes(routes!(purchases::purchases))
        .routes(routes!(usage::usage))
        .routes(routes!(forecast::forecast))
        .routes(routes!(organizations::organizations))
}

/// The organization of a path, once the read models show what the caller wants to see.
async fn organization(
    app: &App,
    caller: &Caller,
    given: &str,
    projectors: &[&'static str],
    min_sequence: Option<u64>,
) -> Result<OrganizationId, Problem> {
    let organization = visible(caller, given)?;
    let waiter = app.projections.waiter();
    for projector in projectors {
        let seen = waiter.seen(projector, &organization, min_sequence.unwrap_or(0)).await;
        seen.map_err(|failure| of_wait(&failure))?;
    }
    Ok(organization)
}

/// The organization's row. One whose first event is in the log and not yet in the read model is waited for: it exists
/// from that event on (CORRECTNESS C25).
async fn figures(app: &App, organization: &OrganizationId) -> Result<OrganizationCredits, Problem> {
    let look = async || app.reads.organization(organization).await.map_err(|failure| of_query(&failure));
    if let Some(row) = look().await? {
        return Ok(row);
    }
    must_exist(app, organization).await?;
    let seen = app.projections.waiter().seen(balance::PROJECTOR, organization, 1).await;
    seen.map_err(|failure| of_wait(&failure))?;
    look().await?.ok_or_else(organization_not_found)
}

/// Tells an organization without such rows from one that does not exist.
async fn rows_or_not_found<T>(app: &App, organization: &OrganizationId, page: Page<T>) -> Result<Page<T>, Problem> {
    if page.rows.is_empty() {
        must_exist(app, organization).await?;
    }
    Ok(page)
}

async fn must_exist(app: &App, organization: &OrganizationId) -> Result<(), Problem> {
    let first = app.ledger.events(organization, 0, 1).await.map_err(of_execute)?;
    if first.is_empty() { Err(organization_not_found()) } else { Ok(()) }
}

/// The page as CSV where the caller accepts that, else as JSON. CSV has no room for a cursor: the next page is in the
/// header `Link`.
fn listed<T: Serialize + Row>(headers: &HeaderMap, uri: &Uri, page: &Listed<T>) -> Response {
    match form(headers) {
        Form::Json => json(StatusCode::OK, page),
        Form::Csv => as_csv(uri, &page.data, page.next_cursor.as_deref()),
    }
}

fn as_csv<T: Row>(uri: &Uri, rows: &[T], next: Option<&str>) -> Response {
    let kind = HeaderValue::from_static("text/csv; charset=utf-8; header=present");
    let mut response = (StatusCode::OK, [(CONTENT_TYPE, kind)], csv::table(rows)).into_response();
    if let Some(cursor) = next {
        let link = format!("<{}>; rel=\"next\"", with_cursor(uri, cursor));
        let link = HeaderValue::from_str(&link).expect("a URI and a cursor are visible ASCII");
        response.headers_mut().insert(LINK, link);
    }
    response
}

/// In which form a caller wants rows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Form {
    Json,
    Csv,
}

fn form(headers: &HeaderMap) -> Form {
    preferred(headers, ("application/json", Form::Json), &[("text/csv", Form::Csv)])
}

/// The same request for the page behind the cursor. A caller may write letters of any alphabet as they are; a header has
/// room for ASCII.
fn with_cursor(uri: &Uri, cursor: &str) -> String {
    let others = uri.query().unwrap_or_default().split('&');
    let others = others.filter(|pair| !pair.is_empty() && !pair.starts_with("cursor="));
    let next = format!("cursor={cursor}");
    ascii(&format!("{}?{}", uri.path(), others.chain([next.as_str()]).collect::<Vec<_>>().join("&")))
}

fn ascii(uri: &str) -> String {
    uri.bytes().fold(String::with_capacity(uri.len()), |mut text, byte| {
        match byte.is_ascii_graphic() {
            true => text.push(char::from(byte)),
            false => write!(text, "%{byte:02X}").expect("a string takes every text"),
        }
        text
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_next_page_keeps_the_filters() {
        let uri: Uri = "/v1/organizations/a/grants?cursor=old&status=active".parse().expect("a URI");
        assert_eq!(with_cursor(&uri, "new"), "/v1/organizations/a/grants?status=active&cursor=new");
        let uri: Uri = "/v1/organizations".parse().expect("a URI");
        assert_eq!(with_cursor(&uri, "new"), "/v1/organizations?cursor=new");
    }

    #[test]
    fn a_link_is_ascii_whatever_the_request_was_written_in() {
        let uri: Uri =
            "/v1/organizations/a/transactions?operation=\u{e9}t\u{e9}".parse().expect("such URIs are let in");
        let next = "/v1/organizations/a/transactions?operation=%C3%A9t%C3%A9&cursor=new";
        assert_eq!(with_cursor(&uri, "new"), next);
    }
}
