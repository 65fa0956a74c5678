//! The built files, each also compressed beforehand.
//!
//! Invariant: what is under `assets/` has its hash in its name and is kept for ever; pages are asked for anew each time.

use axum::response::{Html, IntoResponse, Response};
use http::header::{ACCEPT_ENCODING, CACHE_CONTROL, CONTENT_ENCODING, CONTENT_TYPE, VARY, X_CONTENT_TYPE_OPTIONS};
use http::{HeaderMap, HeaderValue, StatusCode};
use rust_embed::RustEmbed;

/// Read from the folder by a debug build, carried by a release.
#[derive(RustEmbed)]
#[folder = "../web/dist"]
struct Built;

const FOR_EVER: HeaderValue = HeaderValue::from_static("public, max-age=31536000, immutable");
const ANEW: HeaderValue = HeaderValue::from_static("no-cache");
const NOT_BUILT: &str = "<!doctype html><html lang=\"en\"><title>Credit Ledger</title><h1>Credit Ledger</h1>\
    <p>This server was built without its web pages. Run <code>make web</code>, then <code>make run</code>.</p>\
    <p>The API is described at <a href=\"/docs\">/docs</a>.</p></html>";

/// A page; `None` where the pages were not built.
#[must_use]
pub fn page(name: &str, headers: &HeaderMap) -> Option<Response> {
    file(name, headers, ANEW)
}

/// A file that a page loads.
#[must_use]
pub fn asset(path: &str, headers: &HeaderMap) -> Option<Response> {
    file(&format!("assets/{path}"), headers, FOR_EVER)
}

/// Says how to build the pages.
#[must_use]
pub fn not_built() -> Response {
    (StatusCode::NOT_FOUND, [(CACHE_CONTROL, ANEW)], Html(NOT_BUILT)).into_response()
}

fn file(path: &str, headers: &HeaderMap, caching: HeaderValue) -> Option<Response> {
    let kind = content_type(path)?;
    let plain = || Built::get(path).map(|file| (file, None));
    let (file, encoding) = [("br", ".br"), ("gzip", ".gz")]
        .into_iter()
        .filter(|(encoding, _)| accepts(headers, encoding))
        .find_map(|(encoding, ending)| Some((Built::get(&format!("{path}{ending}"))?, Some(encoding))))
        .or_else(plain)?;
    let mut response = file.data.into_owned().into_response();
    let answered = response.headers_mut();
    answered.insert(CONTENT_TYPE, HeaderValue::from_static(kind));
    answered.insert(CACHE_CONTROL, caching);
    answered.insert(VARY, HeaderValue::from_static("Accept-Encoding"));
    answered.insert(X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    if let Some(encoding) = encoding {
        answered.insert(CONTENT_ENCODING, HeaderValue::from_static(encoding));
    }
    Some(response)
}

/// Of the files that a build makes; others are not served.
fn content_type(path: &str) -> Option<&'static str> {
    Some(match path.rsplit_once('.')?.1 {
        "html" => "text/html; charset=utf-8",
        "js" => "text/javascript; charset=utf-8",
        "css" => "text/css; charset=utf-8",
        "svg" => "image/svg+xml",
        "woff2" => "font/woff2",
        _ => return None,
    })
}

fn accepts(headers: &HeaderMap, encoding: &str) -> bool {
    let accepted = headers.get(ACCEPT_ENCODING).and_then(|value| value.to_str().ok()).unwrap_or_default();
    accepted.split(',').any(|offer| {
        let (name, weight) = offer.split_once(';').unwrap_or((offer, "q=1"));
        let is_refused = weight.trim().strip_prefix("q=").is_some_and(|q| q.trim_matches(['0', '.']).is_empty());
        name.trim().eq_ignore_ascii_case(encoding) && !is_refused
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_encoding_is_sent_only_to_who_takes_it() {
        for (header, brotli) in
            [("gzip, br", true), ("gzip", false), ("br;q=0", false), ("BR;q=0.5", true), ("", false)]
        {
            let mut headers = HeaderMap::new();
            headers.insert(ACCEPT_ENCODING, HeaderValue::from_static(header));
            assert_eq!(accepts(&headers, "br"), brotli, "{header}");
        }
    }

    #[test]
    fn only_files_of_a_build_are_served() {
        for path in ["../Cargo.toml", ".gitkeep", "assets/x.js.map", "assets/x"] {
            assert!(content_type(path).is_none() || Built::get(path).is_none(), "{path}");
        }
        assert_eq!(not_built().status(), StatusCode::NOT_FOUND);
    }
}
