//! What a request shows of its caller: a key or a browser token in `Authorization`, or the dashboard's cookie.
//!
//! Invariant: a cookie speaks only for pages of this server. A browser sends it along by itself, so a request that
//! another site caused (`Sec-Fetch-Site`, `Origin`) is refused, beside `SameSite=Strict`.
//! Invariant: nothing is read from a URL, which ends up in logs and histories.

use http::header::{AUTHORIZATION, COOKIE, HOST, ORIGIN};
use http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode};
use store::passes::BROWSER_TOKEN_PREFIX;

use crate::problem::Problem;

/// The cookie that holds a session.
pub const SESSION_COOKIE: &str = "credit_ledger_session";
const SEC_FETCH_SITE: HeaderName = HeaderName::from_static("sec-fetch-site");

/// A secret that was shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Presented<'a> {
    Key(&'a str),
    BrowserToken(&'a str),
    Session(&'a str),
}

/// # Errors
/// 401 where nothing usable was shown, 403 for another site's request with our cookie.
pub fn presented<'a>(method: &Method, headers: &'a HeaderMap) -> Result<Presented<'a>, Problem> {
    if let Some(header) = headers.get(AUTHORIZATION) {
        let secret = bearer(header)?;
        let is_token = secret.starts_with(BROWSER_TOKEN_PREFIX);
        return Ok(if is_token { Presented::BrowserToken(secret) } else { Presented::Key(secret) });
    }
    let missing = || unauthorized("key_missing", "send an API key as `Authorization: Bearer <key>`");
    let session = session(headers).ok_or_else(missing)?;
    must_be_of_this_site(method, headers)?;
    Ok(Presented::Session(session))
}

/// The session's secret, if the request has the cookie.
#[must_use]
pub fn session(headers: &HeaderMap) -> Option<&str> {
    let cookies = headers.get_all(COOKIE).iter().filter_map(|value| value.to_str().ok());
    let mut pairs = cookies.flat_map(|text| text.split(';')).filter_map(|pair| pair.trim().split_once('='));
    pairs.find(|(name, value)| *name == SESSION_COOKIE && !value.is_empty()).map(|(_, value)| value)
}

/// # Errors
/// 403 where a page of another site made the browser send this.
pub fn must_be_of_this_site(method: &Method, headers: &HeaderMap) -> Result<(), Problem> {
    let is_ours = match (text(headers, SEC_FETCH_SITE), text(headers, ORIGIN)) {
        (Some("same-origin"), _) => true,
        // The address line; a page cannot make a browser say so.
        (Some("none"), _) => method.is_safe(),
        (Some(_), _) => false,
        // Browsers that do not say the site, and programs.
        (None, Some(origin)) => origin.split_once("://").map(|(_, host)| host) == text(headers, HOST),
        (None, None) => method.is_safe(),
    };
    if is_ours {
        return Ok(());
    }
    let detail =
        "a session is for the dashboard of this server; programs send an API key as `Authorization: Bearer <key>`";
    Err(Problem::new(StatusCode::FORBIDDEN, "cross_site_request", "Not allowed", detail))
}

fn text(headers: &HeaderMap, name: HeaderName) -> Option<&str> {
    headers.get(name).and_then(|value| value.to_str().ok())
}

fn bearer(header: &HeaderValue) -> Result<&str, Problem> {
    let secret = header.to_str().ok().and_then(|text| {
        let (scheme, secret) = text.split_once(' ')?;
        scheme.eq_ignore_ascii_case("bearer").then(|| secret.trim())
    });
    secret
        .filter(|secret| !secret.is_empty())
        .ok_or_else(|| unauthorized("key_malformed", "the header is not of the form `Authorization: Bearer <key>`"))
}

pub(super) fn unauthorized(code: &'static str, detail: &'static str) -> Problem {
    Problem::new(StatusCode::UNAUTHORIZED, code, "Not authenticated", detail)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn headers(pairs: &[(&'static str, &'static str)]) -> HeaderMap {
        pairs.iter().map(|(name, value)| ((*name).parse().expect("a name"), HeaderValue::from_static(value))).collect()
    }

    fn code(method: &Method, pairs: &[(&'static str, &'static str)]) -> String {
        match presented(method, &headers(pairs)) {
            Ok(presented) => format!("{presented:?}"),
            Err(problem) => problem.code.to_owned(),
        }
    }

    #[test]
    fn headers_that_carry_no_key_say_so() {
        let table = [
            ("Basic abc", "key_malformed"),
            ("Bearer", "key_malformed"),
            ("Bearer ", "key_malformed"),
            ("bearer abc", "Key(\"abc\")"),
            ("Bearer clb_1", "BrowserToken(\"clb_1\")"),
        ];
        assert_eq!(code(&Method::GET, &[]), "key_missing");
        for (header, expected) in table {
            assert_eq!(code(&Method::GET, &[("authorization", header)]), expected, "{header}");
        }
    }

    #[test]
    fn a_cookie_speaks_only_for_pages_of_this_server() {
        let cookie = ("cookie", "a=b; credit_ledger_session=cls_1");
        let (ours, host) = ("Session(\"cls_1\")", ("host", "ledger.test:8080"));
        let site = |site| ("sec-fetch-site", site);
        let origin = |origin| ("origin", origin);
        let table = [
            (Method::GET, vec![cookie, site("same-origin")], ours),
            (Method::POST, vec![cookie, site("same-origin")], ours),
            (Method::GET, vec![cookie, site("none")], ours),
            (Method::POST, vec![cookie, site("none")], "cross_site_request"),
            (Method::GET, vec![cookie, site("cross-site")], "cross_site_request"),
            (Method::POST, vec![cookie, site("same-site")], "cross_site_request"),
            (Method::POST, vec![cookie, host, origin("http://ledger.test:8080")], ours),
            (Method::POST, vec![cookie, host, origin("http://evil.test")], "cross_site_request"),
            (Method::POST, vec![cookie, host, origin("null")], "cross_site_request"),
            (Method::POST, vec![cookie], "cross_site_request"),
            (Method::GET, vec![cookie], ours),
            (Method::GET, vec![("cookie", "credit_ledger_session=")], "key_missing"),
        ];
        for (method, pairs, expected) in table {
            assert_eq!(code(&method, &pairs), expected, "{method} {pairs:?}");
        }
    }
}
