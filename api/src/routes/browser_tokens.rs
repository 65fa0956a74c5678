//! Tokens for the pages of end customers: made by a service with a key, bound to one organization, short-lived.

use axum::extract::State;
use axum::response::{IntoResponse, Response};
use chrono::{DateTime, TimeDelta, Utc};
use domain::text::Label;
use http::StatusCode;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

use super::call::{Call, Ids, Reader};
use super::run::{json, visible};
use crate::app::App;
use crate::auth::{Role, Scope};
use crate::limits::{BROWSER_TOKEN_SECONDS_DEFAULT, BROWSER_TOKEN_SECONDS_MAX};
use crate::openapi::ProblemDetails;
use crate::problem::Problem;
use crate::problems::of_log;
use crate::request::body::read_text;
use crate::request::{id, optional_text};

/// A token to make.
#[derive(Clone, Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct BrowserTokenBody {
    #[schema(minimum = 1, maximum = 3600, default = 900)]
    ttl_seconds: Option<u32>,
    /// Who looks at the page, as a pseudonym: the actor of what they buy is `token:<subject>`.
    #[schema(max_length = 128)]
    subject: Option<String>,
}

/// A token, in the one answer that shows it.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct BrowserTokenAnswer {
    pub id: Uuid,
    pub organization_id: String,
    /// Sent as `Authorization: Bearer <token>`.
    pub token: String,
    pub expires_at: DateTime<Utc>,
}

/// Makes a token for a page that shows one organization's credits.
///
/// It reads the organization's balance, movements, usage, purchases and the packages for sale, follows its stream of
/// types, sequences and balances, and buys; nothing else. It ends with the key that made it. Tokens are never in a
/// URL. No idempotency key is taken: a repeated answer would have to repeat the secret.
#[utoipa::path(post, path = "/v1/organizations/{org}/browser-tokens", tag = "browser tokens",
    operation_id = "create_browser_token",
    params(("org" = String, Path)), request_body = BrowserTokenBody,
    responses((status = 201, body = BrowserTokenAnswer), (status = "default", body = ProblemDetails)))]
pub async fn create(State(app): State<App>, Ids(org): Ids<String>, call: Call) -> Result<Response, Problem> {
    call.caller.must_have(Scope::Command)?;
    let organization = visible(&call.caller, &org)?;
    let Role::Key(key) = call.caller.role else { return Err(no_key()) };
    let body: BrowserTokenBody = read_text(call.body())?;
    let subject: Option<Label> = optional_text("subject", body.subject.as_deref())?;
    let ttl = ttl(body.ttl_seconds)?;
    let made = app.auth.keys().create_browser_token(organization, subject.map(|s| s.to_string()), key, ttl).await;
    let (token, secret) = made.map_err(|error| of_log(&error))?;
    let answer = BrowserTokenAnswer {
        id: token.id,
        organization_id: token.organization.to_string(),
        token: secret.reveal().to_owned(),
        expires_at: token.expires_at,
    };
    Ok(json(StatusCode::CREATED, &answer))
}

/// Revokes a token before its time, as when its user signs out; it stops working within five seconds.
#[utoipa::path(delete, path = "/v1/organizations/{org}/browser-tokens/{id}", tag = "browser tokens",
    operation_id = "revoke_browser_token",
    params(("org" = String, Path), ("id" = Uuid, Path)),
    responses((status = 204), (status = "default", body = ProblemDetails)))]
pub async fn revoke(
    State(app): State<App>,
    Reader(caller): Reader,
    Ids((org, given)): Ids<(String, String)>,
) -> Result<Response, Problem> {
    caller.must_have(Scope::Command)?;
    let organization = visible(&caller, &org)?;
    let revoked = app.auth.keys().revoke_browser_token(&organization, id("id", &given)?).await;
    if revoked.map_err(|error| of_log(&error))? {
        return Ok(StatusCode::NO_CONTENT.into_response());
    }
    Err(Problem::not_found("browser_token_not_found", "the organization has no such browser token"))
}

fn ttl(given: Option<u32>) -> Result<TimeDelta, Problem> {
    let seconds = given.unwrap_or(BROWSER_TOKEN_SECONDS_DEFAULT);
    if !(1..=BROWSER_TOKEN_SECONDS_MAX).contains(&seconds) {
        let detail = format!("`ttl_seconds` is {seconds}; give 1 to {BROWSER_TOKEN_SECONDS_MAX}");
        let problem = Problem::invalid("invalid_ttl", "Not a valid life", detail).with("field", "ttl_seconds");
        return Err(problem.with("maximum", BROWSER_TOKEN_SECONDS_MAX));
    }
    Ok(TimeDelta::seconds(seconds.into()))
}

/// The extractor refuses pages before this can be asked.
fn no_key() -> Problem {
    Problem::new(StatusCode::FORBIDDEN, "browser_token_not_allowed", "Not allowed", "this needs an API key")
}
