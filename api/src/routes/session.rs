//! Signing in to the dashboard: a key is given once, and a cookie stands for it.
//!
//! Invariant: no script can read the cookie, no other site can use it, and it holds no key.

use axum::extract::State;
use axum::response::{IntoResponse, Response};
use chrono::TimeDelta;
use http::header::{ORIGIN, SET_COOKIE};
use http::{HeaderMap, HeaderValue, Method, StatusCode};
use serde::{Deserialize, Serialize};
use store::keys::hash;
use utoipa::ToSchema;

use super::call::Reader;
use super::read_body::HeldBody;
use super::run::json;
use crate::app::App;
use crate::auth::{Caller, SESSION_COOKIE, Scope, must_be_of_this_site, session};
use crate::limits::SESSION_SECONDS;
use crate::openapi::ProblemDetails;
use crate::problem::Problem;
use crate::problems::of_log;
use crate::request::body::{check_content_type, read_text};

/// Outside `/v1`: programs have keys.
pub const PATH: &str = "/session";

/// The key to sign in with.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct SessionBody {
    key: String,
}

/// Who is signed in.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct SessionView {
    pub scope: Scope,
    /// The one organization that the key is bound to.
    pub organization_id: Option<String>,
    /// As it will stand in the log.
    pub actor: String,
}

impl From<&Caller> for SessionView {
    fn from(caller: &Caller) -> Self {
        let organization_id = caller.organization.as_ref().map(ToString::to_string);
        Self { scope: caller.scope, organization_id, actor: caller.actor.to_string() }
    }
}

/// Signs in to the dashboard with an API key: a cookie of this site stands for it for twelve hours.
#[utoipa::path(post, path = "/session", tag = "session", operation_id = "sign_in", request_body = SessionBody,
    responses((status = 200, body = SessionView), (status = "default", body = ProblemDetails)))]
pub async fn sign_in(State(app): State<App>, request: axum::extract::Request) -> Result<Response, Problem> {
    let (parts, body) = request.into_parts();
    must_be_of_this_site(&parts.method, &parts.headers)?;
    let body = HeldBody::read(&app.bodies, &parts.headers, body).await?;
    check_content_type(&parts.headers, &body.bytes)?;
    let SessionBody { key } = read_text(&body.bytes)?;
    let key = hash(key.trim());
    let caller = app.auth.of_key(key).await?;
    let ttl = TimeDelta::seconds(SESSION_SECONDS.into());
    let secret = app.auth.keys().create_session(&key, ttl).await.map_err(|error| of_log(&error))?;
    let mut response = json(StatusCode::OK, &SessionView::from(&*caller));
    response.headers_mut().insert(SET_COOKIE, cookie(secret.reveal(), SESSION_SECONDS, &parts.headers));
    Ok(response)
}

/// Who is signed in, or whose key it is.
#[utoipa::path(get, path = "/session", tag = "session", operation_id = "show_session",
    responses((status = 200, body = SessionView), (status = "default", body = ProblemDetails)))]
pub async fn show(Reader(caller): Reader) -> Response {
    json(StatusCode::OK, &SessionView::from(&*caller))
}

/// Signs out; signing out twice changes nothing.
#[utoipa::path(delete, path = "/session", tag = "session", operation_id = "sign_out",
    responses((status = 204), (status = "default", body = ProblemDetails)))]
pub async fn sign_out(State(app): State<App>, method: Method, headers: HeaderMap) -> Result<Response, Problem> {
    must_be_of_this_site(&method, &headers)?;
    if let Some(secret) = session(&headers) {
        app.auth.sign_out(secret).await.map_err(|error| of_log(&error))?;
    }
    let mut response = StatusCode::NO_CONTENT.into_response();
    response.headers_mut().insert(SET_COOKIE, cookie("", 0, &headers));
    Ok(response)
}

/// `Secure` where the page came over TLS, as its browser says: the server itself may stand behind a proxy.
fn cookie(secret: &str, seconds: u32, headers: &HeaderMap) -> HeaderValue {
    let is_secure = headers.get(ORIGIN).is_some_and(|origin| origin.as_bytes().starts_with(b"https://"));
    let secure = if is_secure { "; Secure" } else { "" };
    let text = format!("{SESSION_COOKIE}={secret}; Path=/; Max-Age={seconds}; HttpOnly; SameSite=Strict{secure}");
    HeaderValue::from_str(&text).expect("a secret is hexadecimal")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_cookie_is_kept_from_scripts_other_sites_and_plain_connections() {
        let mut headers = HeaderMap::new();
        headers.insert(ORIGIN, HeaderValue::from_static("http://127.0.0.1:8080"));
        let plain = "credit_ledger_session=s; Path=/; Max-Age=9; HttpOnly; SameSite=Strict";
        assert_eq!(cookie("s", 9, &headers), plain);
        headers.insert(ORIGIN, HeaderValue::from_static("https://ledger.example.com"));
        assert_eq!(cookie("s", 9, &headers), format!("{plain}; Secure").as_str());
    }
}
