//! Extractors: who calls, with which ids, key and body. A rejection is a problem.

use std::sync::Arc;

use axum::body::Body;
use axum::extract::{FromRequest, FromRequestParts, Path, Query, Request};
use bytes::{Bytes, BytesMut};
use domain::{IdempotencyKey, KeyNamespace, OrganizationId};
use futures::StreamExt;
use http::header::CONTENT_LENGTH;
use http::request::Parts;
use http::{HeaderMap, StatusCode};
use serde::de::DeserializeOwned;
use store::EventMetadata;

use crate::app::App;
use crate::auth::Caller;
use crate::edge::RequestId;
use crate::limits::{BODY_BYTES_DRAINED_MAX, BODY_BYTES_MAX};
use crate::problem::Problem;
use crate::request::body::check_content_type;

/// The caller of a request that has no body.
pub struct Reader(pub Arc<Caller>);

impl FromRequestParts<App> for Reader {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, Problem> {
        app.auth.caller(&parts.headers).await.map(Reader)
    }
}

/// A request that may change something.
pub struct Call {
    pub caller: Arc<Caller>,
    pub headers: HeaderMap,
    pub request_id: Option<RequestId>,
    pub body: Bytes,
}

impl FromRequest<App> for Call {
    type Rejection = Problem;

    async fn from_request(request: Request, app: &App) -> Result<Self, Problem> {
        let (parts, body) = request.into_parts();
        let caller = app.auth.caller(&parts.headers).await?;
        let body = read(&parts.headers, body).await?;
        check_content_type(&parts.headers, &body)?;
        let request_id = parts.extensions.get::<RequestId>().cloned();
        Ok(Self { caller, headers: parts.headers, request_id, body })
    }
}

impl Call {
    /// The key that the caller gave for the command.
    ///
    /// # Errors
    /// There is none, or it is not of the form of a key.
    pub fn key(&self) -> Result<IdempotencyKey, Problem> {
        let header = self.headers.get("idempotency-key").ok_or_else(key_required)?;
        key(header.to_str().unwrap_or_default())
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
    IdempotencyKey::try_new(KeyNamespace::Client, text).map_err(|error| {
        Problem::malformed("invalid_idempotency_key", "Not a valid idempotency key", error.to_string())
    })
}

/// # Errors
/// The text is not of the form of an organization's id.
pub(super) fn organization(text: &str) -> Result<OrganizationId, Problem> {
    OrganizationId::try_new(text)
        .map_err(|error| Problem::invalid("invalid_organization_id", "Not a valid organization id", error.to_string()))
}

async fn read(headers: &HeaderMap, body: Body) -> Result<Bytes, Problem> {
    let announced = headers.get(CONTENT_LENGTH).and_then(|value| value.to_str().ok()?.parse::<usize>().ok());
    if announced.is_some_and(|length| length > BODY_BYTES_DRAINED_MAX) {
        return Err(too_large());
    }
    let mut chunks = body.into_data_stream();
    let Some(first) = chunks.next().await else { return Ok(Bytes::new()) };
    let first = first.map_err(|_| cut_off())?;
    if announced == Some(first.len()) && first.len() <= BODY_BYTES_MAX {
        return Ok(first);
    }
    let mut length = first.len();
    let mut whole = BytesMut::from(first);
    while let Some(chunk) = chunks.next().await {
        let chunk = chunk.map_err(|_| cut_off())?;
        length = length.saturating_add(chunk.len());
        if length > BODY_BYTES_DRAINED_MAX {
            break;
        }
        if length <= BODY_BYTES_MAX {
            whole.extend_from_slice(&chunk);
        }
    }
    if length > BODY_BYTES_MAX { Err(too_large()) } else { Ok(whole.freeze()) }
}

fn too_large() -> Problem {
    let detail = format!("the body is larger than {BODY_BYTES_MAX} bytes; send less, or several batches");
    Problem::new(StatusCode::PAYLOAD_TOO_LARGE, "body_too_large", "Body too large", detail)
        .with("maximum_bytes", BODY_BYTES_MAX)
}

fn cut_off() -> Problem {
    Problem::malformed("body_cut_off", "Body cut off", "the body ended before it was complete")
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
