//! API keys, for administrators.

use axum::extract::State;
use axum::response::Response;
use chrono::{DateTime, Utc};
use http::StatusCode;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::call::{Call, Ids, Reader, organization};
use super::run::json;
use crate::app::App;
use crate::auth::{Caller, DirectoryError, KeyRecord, NewKey, Scope};
use crate::openapi::ProblemDetails;
use crate::problem::Problem;
use crate::request::body::read_text;

/// A key to make.
#[derive(Clone, Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct KeyBody {
    scope: Scope,
    /// Binds the key to one organization: all others are 404 to it.
    organization_id: Option<String>,
    /// For people.
    #[schema(max_length = 255)]
    name: Option<String>,
}

/// A key, without its secret.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct KeyView {
    pub id: String,
    pub scope: Scope,
    pub organization_id: Option<String>,
    pub name: Option<String>,
    pub created_at: DateTime<Utc>,
    pub revoked_at: Option<DateTime<Utc>>,
    /// The key itself: in the answer that made it, and never again.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub key: Option<String>,
}

impl From<KeyRecord> for KeyView {
    fn from(record: KeyRecord) -> Self {
        Self {
            id: record.id,
            scope: record.scope,
            organization_id: record.organization.map(|id| id.to_string()),
            name: record.name,
            created_at: record.created_at,
            revoked_at: record.revoked_at,
            key: None,
        }
    }
}

/// All keys.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct KeysPage {
    data: Vec<KeyView>,
    /// Keys are few; there is never a next page.
    next_cursor: Option<String>,
}

fn must_manage(caller: &Caller) -> Result<(), Problem> {
    caller.must_have(Scope::Admin)?;
    caller.must_be_unbound()
}

fn unreachable(error: DirectoryError) -> Problem {
    crate::auth::unreachable_directory(&error)
}

/// Makes a key. Its secret is in the answer and cannot be read again.
///
/// The one POST without an idempotency key: a repeated answer would have to repeat the secret. It appends no event.
#[utoipa::path(post, path = "/v1/keys", tag = "keys", request_body = KeyBody,
    responses((status = 201, body = KeyView), (status = "default", body = ProblemDetails)))]
pub async fn create(State(app): State<App>, call: Call) -> Result<Response, Problem> {
    must_manage(&call.caller)?;
    let body: KeyBody = read_text(&call.body)?;
    let organization = body.organization_id.as_deref().map(organization).transpose()?;
    let name: Option<domain::text::ReferenceText> = crate::request::optional_text("name", body.name.as_deref())?;
    let new = NewKey { scope: body.scope, organization, name: name.map(|name| name.to_string()) };
    let (record, secret) = app.auth.directory().create(new).await.map_err(unreachable)?;
    let view = KeyView { key: Some(secret.expose().to_owned()), ..KeyView::from(record) };
    Ok(json(StatusCode::CREATED, &view))
}

/// Lists keys, revoked ones included.
#[utoipa::path(get, path = "/v1/keys", tag = "keys",
    responses((status = 200, body = KeysPage), (status = "default", body = ProblemDetails)))]
pub async fn list(State(app): State<App>, Reader(caller): Reader) -> Result<Response, Problem> {
    must_manage(&caller)?;
    let keys = app.auth.directory().list().await.map_err(unreachable)?;
    let page = KeysPage { data: keys.into_iter().map(KeyView::from).collect(), next_cursor: None };
    Ok(json(StatusCode::OK, &page))
}

/// Revokes a key; it stops working within five seconds.
#[utoipa::path(delete, path = "/v1/keys/{id}", tag = "keys", params(("id" = String, Path)),
    responses((status = 200, body = KeyView), (status = "default", body = ProblemDetails)))]
pub async fn revoke(
    State(app): State<App>,
    Reader(caller): Reader,
    Ids(id): Ids<String>,
) -> Result<Response, Problem> {
    must_manage(&caller)?;
    let revoked = app.auth.directory().revoke(&id).await.map_err(unreachable)?;
    let record = revoked.ok_or_else(|| Problem::not_found("key_not_found", "there is no such key"))?;
    app.auth.forget(&record);
    Ok(json(StatusCode::OK, &KeyView::from(record)))
}
