//! Extractors: who calls, with which ids, key and body. A rejection is a problem.

use std::sync::Arc;

use axum::body::Body;
use axum::extract::{FromRequest, FromRequestParts, Path, Query, Request};
use bytes::Bytes;
use domain::{IdempotencyKey, KeyNamespace, OrganizationId};
use http::HeaderMap;
use http::request::Parts;
use serde::de::DeserializeOwned;
use store::EventMetadata;

use super::read_body::HeldBody;
use crate::app::App;
use crate::auth::Caller;
use crate::edge::RequestId;
use crate::problem::Problem;
use crate::request::body::check_content_type;

/// The caller of a request that has no body; a page is refused.
pub struct Reader(pub Arc<Caller>);

impl FromRequestParts<App> for Reader {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, Problem> {
        let Visitor(caller) = Visitor::from_request_parts(parts, app).await?;
        caller.must_not_be_a_page()?;
        Ok(Self(caller))
    }
}

/// The caller of a request that has no body, and that a page may make, too.
pub struct Visitor(pub Arc<Caller>);

impl FromRequestParts<App> for Visitor {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, Problem> {
        app.auth.caller(&parts.method, &parts.headers).await.map(Self)
    }
}

/// A request that may change something; a page is refused.
pub struct Call {
    pub caller: Arc<Caller>,
    pub headers: HeaderMap,
    pub request_id: Option<RequestId>,
    body: HeldBody,
}

impl FromRequest<App> for Call {
    type Rejection = Problem;

    async fn from_request(request: Request, app: &App) -> Result<Self, Problem> {
        let (parts, body) = request.into_parts();
        let caller = app.auth.caller(&parts.method, &parts.headers).await?;
        caller.must_not_be_a_page()?;
        Self::read(caller, parts, body, app).await
    }
}

/// A request that may change something, and that a page may make, too.
pub struct VisitorCall(pub Call);

impl FromRequest<App> for VisitorCall {
    type Rejection = Problem;

    async fn from_request(request: Request, app: &App) -> Result<Self, Problem> {
        let (parts, body) = request.into_parts();
        let caller = app.auth.caller(&parts.method, &parts.headers).await?;
        Call::read(caller, parts, body, app).await.map(Self)
    }
}

impl Call {
    async fn read(caller: Arc<Caller>, parts: Parts, body: Body, app: &App) -> Result<Self, Problem> {
        let body = HeldBody::read(&app.bodies, &parts.headers, body).await?;
        check_content_type(&parts.headers, &body.bytes)?;
        let request_id = parts.extensions.get::<RequestId>().cloned();
        Ok(Self { caller, headers: parts.headers, request_id, body })
    }

    #[must_use]
    pub fn body(&self) -> &Bytes {
        &self.body.bytes
    }

    /// The key that the caller gave for the command; a page's is in a namespace of its own.
    ///
    /// # Errors
    /// There is none, or it is not of the form of a key.
    pub fn key(&self) -> Result<IdempotencyKey, Problem> {
        let header = self.headers.get("idempotency-key").ok_or_else(key_required)?;
        key_in(self.caller.key_namespace(), header.to_str().unwrap_or_default())
    }

    /// Who and which request, for the metadata of events.
    #[must_use]
    pub fn metadata(&self) -> EventMetadata {
        EventMetadata {
            actor: self.caller.actor.to_string(),
            request_id: self.request_id.as_ref().map(|id| id.0.to_string()),
            causation_id: None,
        }
    }
}

pub(super) fn key_required() -> Problem {
    Problem::malformed(
        "idempotency_key_required",
        "Idempotency key required",
        "send an idempotency key of your own: the header `Idempotency-Key`, or `idempotency_key` in a batch; the same \
         key makes a retry safe",
    )
}

pub(super) fn key(text: &str) -> Result<IdempotencyKey, Problem> {
    key_in(KeyNamespace::Client, text)
}

fn key_in(namespace: KeyNamespace, text: &str) -> Result<IdempotencyKey, Problem> {
    IdempotencyKey::try_new(namespace, text).map_err(|error| {
        Problem::malformed("invalid_idempotency_key", "Not a valid idempotency key", error.to_string())
    })
}

/// # Errors
/// The text is not of the form of an organization's id.
pub(super) fn organization(text: &str) -> Result<OrganizationId, Problem> {
    OrganizationId::try_new(text)
        .map_err(|error| Problem::invalid("invalid_organization_id", "Not a valid organization id", error.to_string()))
}

/// The ids of a path.
pub struct Ids<T>(pub T);

impl<T: DeserializeOwned + Send> FromRequestParts<App> for Ids<T> {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, Problem> {
        let ids = Path::<T>::from_request_parts(parts, app).await;
        ids.map(|Path(ids)| Self(ids))
            .map_err(|rejection| Problem::malformed("malformed_path", "Not a valid path", rejection.body_text()))
    }
}

/// The parameters of a query; unknown ones are refused.
pub struct Params<T>(pub T);

impl<T: DeserializeOwned> FromRequestParts<App> for Params<T> {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, Problem> {
        let params = Query::<T>::from_request_parts(parts, app).await;
        params
            .map(|Query(params)| Self(params))
            .map_err(|rejection| Problem::malformed("malformed_query", "Not a valid query", rejection.body_text()))
    }
}
