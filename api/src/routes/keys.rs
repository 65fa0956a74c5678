//! API keys, for administrators.

use axum::extract::State;
use axum::response::Response;
use chrono::{DateTime, Utc};
use http::StatusCode;
use serde::{Deserialize, Serialize};
use store::keys::ApiKey;
use utoipa::ToSchema;
use uuid::Uuid;

use super::call::{Call, Ids, Reader, organization};
use super::run::json;
use crate::app::App;
use crate::auth::{Caller, NewKey, Scope};
use crate::openapi::ProblemDetails;
use crate::problem::Problem;
use crate::problems::of_log;
use crate::request::body::read_text;
use crate::request::{id, optional_text};

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
    pub id: Uuid,
    pub scope: Scope,
    pub organization_id: Option<String>,
    pub name: String,
    pub created_at: DateTime<Utc>,
    pub revoked_at: Option<DateTime<Utc>>,
    /// The key itself: in the answer that made it, and never again.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub key: Option<String>,
}

impl From<ApiKey> for KeyView {
    fn from(key: ApiKey) -> Self {
        Self {
            id: key.id,
            scope: key.scope.into(),
            organization_id: key.organization.map(|id| id.to_string()),
            name: key.name,
            created_at: key.created_at,
            revoked_at: key.revoked_at,
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

/// Makes a key. Its secret is in the answer and cannot be read again.
///
/// The one POST without an idempotency key: a repeated answer would have to repeat the secret. It appends no event.
#[utoipa::path(post, path = "/v1/keys", tag = "keys", operation_id = "create_key", request_body = KeyBody,
    responses((status = 201, body = KeyView), (status = "default", body = ProblemDetails)))]
pub async fn create(State(app): State<App>, call: Call) -> Result<Response, Problem> {
    must_manage(&call.caller)?;
    let body: KeyBody = read_text(call.body())?;
    let organization = body.organization_id.as_deref().map(organization).transpose()?;
    let name: Option<domain::text::ReferenceText> = optional_text("name", body.name.as_deref())?;
    let new = NewKey { scope: body.scope, organization, name: name.map(|name| name.to_string()).unwrap_or_default() };
    let (key, secret) = app.auth.keys().create(new).await.map_err(|error| of_log(&error))?;
    let view = KeyView { key: Some(secret.reveal().to_owned()), ..KeyView::from(key) };
    Ok(json(StatusCode::CREATED, &view))
}

/// Lists keys, revoked ones included.
#[utoipa::path(get, path = "/v1/keys", tag = "keys", operation_id = "list_keys",
    responses((status = 200, body = KeysPage), (status = "default", body = ProblemDetails)))]
pub async fn list(State(app): State<App>, Reader(caller): Reader) -> Result<Response, Problem> {
    must_manage(&caller)?;
    let keys = app.auth.keys().list().await.map_err(|error| of_log(&error))?;
    let page = KeysPage { data: keys.into_iter().map(KeyView::from).collect(), next_cursor: None };
    Ok(json(StatusCode::OK, &page))
}

/// Revokes a key; it stops working within five seconds.
#[utoipa::path(delete, path = "/v1/keys/{id}", tag = "keys", operation_id = "revoke_key", params(("id" = Uuid, Path)),
    responses((status = 200, body = KeyView), (status = "default", body = ProblemDetails)))]
pub async fn revoke(
    State(app): State<App>,
    Reader(caller): Reader,
    Ids(given): Ids<String>,
) -> Result<Response, Problem> {
    must_manage(&caller)?;
    let revoked = app.auth.keys().revoke(id("id", &given)?).await.map_err(|error| of_log(&error))?;
    let key = revoked.ok_or_else(|| Problem::not_found("key_not_found", "there is no such key"))?;
    Ok(json(StatusCode::OK, &KeyView::from(key)))
}
