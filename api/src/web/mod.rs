//! The dashboard and the billing page: files that `make web` builds and a release carries in itself.
//!
//! Invariant: pages load nothing from elsewhere, run no inline script, and are framed by nobody, but for the billing page,
//! which allowed origins may frame.
//! Absent: anything about an organization. Pages ask the API, as everybody does.

mod assets;
mod policy;

use axum::Router;
use axum::extract::Path;
use axum::response::Response;
use axum::routing::get;
use http::HeaderMap;

use crate::app::App;
use crate::edge::no_route;
use crate::origins::Origins;
use axum::response::IntoResponse;
use policy::Policy;

/// Addresses of the dashboard's views, which all load its one page.
const VIEWS: [&str; 10] = [
    "/",
    "/sign-in",
    "/organizations",
    "/organizations/{org}",
    "/organizations/{org}/{view}",
    "/events",
    "/packages",
    "/prices",
    "/projections",
    "/keys",
];

/// The routes of the pages.
pub fn pages(origins: &Origins) -> Router<App> {
    let (own, framed) = (Policy::unframed(), Policy::framed_by(origins));
    let dashboard = get(move |headers: HeaderMap| async move { page("index.html", &headers, &own) });
    let billing = get(move |headers: HeaderMap| async move { page("billing.html", &headers, &framed) });
    let router = VIEWS.iter().fold(Router::new(), |router, view| router.route(view, dashboard.clone()));
    router.route("/billing", billing).route("/assets/{*path}", get(asset))
}

fn page(name: &str, headers: &HeaderMap, policy: &Policy) -> Response {
    let mut response = assets::page(name, headers).unwrap_or_else(assets::not_built);
    policy.apply(response.headers_mut());
    response
}

async fn asset(Path(path): Path<String>, headers: HeaderMap) -> Response {
    match assets::asset(&path, &headers) {
        Some(response) => response,
        None => no_route().await.into_response(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn views_are_those_of_the_dashboard() {
        let views = include_str!("../../../web/dashboard/src/views.ts");
        for view in VIEWS {
            let as_written = view.replace('{', ":").replace('}', "");
            assert!(views.contains(&format!("\"{as_written}\"")), "{view} is not in web/dashboard/src/views.ts");
        }
        assert_eq!(views.matches("path: \"").count(), VIEWS.len(), "the dashboard has views that the server does not");
    }
}
