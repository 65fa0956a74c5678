//! The API's description, made from the handlers themselves.

use axum::Router;
use axum::routing::get;
use serde_json::Value;
use utoipa::openapi::security::{HttpAuthScheme, HttpBuilder, SecurityScheme};
use utoipa::{Modify, OpenApi, ToSchema};
use utoipa_swagger_ui::SwaggerUi;

use crate::app::App;

/// RFC 9457 problem details. Some problems carry further fields, the numbers of their sentence.
#[derive(ToSchema)]
#[expect(dead_code, reason = "describes what `Problem` writes")]
pub struct ProblemDetails {
    /// `urn:credit-ledger:problem:<code>`.
    r#type: String,
    title: String,
    status: u16,
    /// Stable; the thing to compare with.
    code: String,
    /// A sentence for people.
    detail: String,
}

#[derive(OpenApi)]
#[openapi(
    info(
        title = "Credit Ledger",
        description = "A ledger for prepaid credits.\n\n\
            Send an API key as `Authorization: Bearer <key>`. A key has the scope `read` (reads), `command` (also \
            consumptions, their refunds and reservations) or `admin` (also grants, purchases, adjustments, settings \
            and keys), and may be bound to one organization; every other one is then 404. A revoked key stops \
            working within five seconds.\n\n\
            Every command takes an `Idempotency-Key` of yours. The same key and body again answer the first outcome \
            with `Idempotency-Replayed: true`, for ever; the same key with another body is 422 \
            `idempotency_key_reused`. Refusals are not stored: a retry after a top-up can succeed.\n\n\
            Lists are pages: pass `next_cursor` as `cursor`, with the same filters, until it is `null`. A query that is \
            given `min_sequence` (the `sequence` of a command's answer) includes that command. `Accept: text/csv` gives \
            lists and usage as CSV, with the next page in the header `Link`.\n\n\
            Credits are whole numbers. Errors are RFC 9457 problem details with a stable `code`; 503 carries \
            `Retry-After`, and a retry with the same key is always safe.",
        license(name = "Apache-2.0", identifier = "Apache-2.0")
    ),
    modifiers(&BearerKey),
    security(("api_key" = []))
)]
struct Base;

struct BearerKey;

impl Modify for BearerKey {
    fn modify(&self, api: &mut utoipa::openapi::OpenApi) {
        let scheme = HttpBuilder::new().scheme(HttpAuthScheme::Bearer).build();
        api.components.get_or_insert_default().add_security_scheme("api_key", SecurityScheme::Http(scheme));
    }
}

/// Everything that is not a route.
#[must_use]
pub fn base() -> utoipa::openapi::OpenApi {
    Base::openapi()
}

/// The document as it is checked in.
#[must_use]
pub fn document() -> String {
    let api = crate::routes::documented().into_openapi();
    let value: Value = serde_json::to_value(api).expect("a description is plain JSON");
    let mut text = serde_json::to_string_pretty(&value).expect("a value is plain JSON");
    text.push('\n');
    text
}

/// `/openapi.json`, and a page that shows it, without any script from elsewhere.
pub(crate) fn pages(api: utoipa::openapi::OpenApi) -> Router<App> {
    let text = serde_json::to_string(&api).expect("a description is plain JSON");
    let document = get(move || {
        let text = text.clone();
        async move { ([(http::header::CONTENT_TYPE, "application/json")], text) }
    });
    let config = utoipa_swagger_ui::Config::from("/openapi.json");
    Router::new().route("/openapi.json", document).merge(SwaggerUi::new("/docs").config(config))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_checked_in_document_is_up_to_date() {
        let checked_in = include_str!("../../docs/openapi.json");
        let hint = "write it with `cargo run -p api -- openapi > docs/openapi.json`";
        assert!(checked_in == document(), "docs/openapi.json is out of date; {hint}");
    }

    #[test]
    fn an_operation_has_a_name_of_its_own() {
        let document: Value = serde_json::from_str(&document()).expect("JSON");
        let items = document["paths"].as_object().expect("paths").values();
        let operations = items.flat_map(|item| item.as_object().expect("operations").values());
        let mut names: Vec<&str> = operations.filter_map(|operation| operation["operationId"].as_str()).collect();
        names.sort_unstable();
        assert!(names.windows(2).all(|pair| pair[0] != pair[1]), "{names:?}");
    }

    #[test]
    fn every_operation_is_described_and_has_its_problems() {
        let document: Value = serde_json::from_str(&document()).expect("JSON");
        for (path, item) in document["paths"].as_object().expect("paths") {
            for (method, operation) in item.as_object().expect("operations") {
                let has_summary = operation["summary"].as_str().is_some_and(|text| !text.is_empty());
                let has_problems = !path.starts_with("/v1") || operation["responses"]["default"].is_object();
                let takes_key = operation["parameters"].to_string().contains("Idempotency-Key");
                let appends = path.starts_with("/v1/organizations") && !path.contains("/browser-tokens");
                let needs_key = method != "get" && appends;
                assert!(has_summary && has_problems && takes_key == needs_key, "{method} {path}");
            }
        }
    }
}
