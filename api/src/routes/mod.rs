//! Handlers: from an HTTP request to the ledger and back. Each is a few lines; what they share is in `call.rs` and
//! `run.rs`.

mod auto_recharge;
mod batch;
mod browser_tokens;
mod call;
mod checkout;
pub mod commands;
mod estimates;
mod events;
mod health;
mod keys;
mod notifications;
mod packages;
mod price_book;
mod queries;
mod read_body;
mod reads;
mod refunds;
mod run;
mod session;
mod webhooks;

use axum::Router;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::app::App;
use crate::edge::{no_method, no_route};
use crate::openapi;

pub use keys::KeyView;
pub use session::PATH as SESSION_PATH;

/// All documented routes, with their description.
#[must_use]
pub fn documented() -> OpenApiRouter<App> {
    OpenApiRouter::with_openapi(openapi::base())
        .routes(routes!(commands::grant))
        .routes(routes!(reads::grant))
        .routes(routes!(commands::void_grant))
        .routes(routes!(commands::record_purchase))
        .routes(routes!(reads::purchase))
        .routes(routes!(refunds::refund_purchase))
        .routes(routes!(checkout::open))
        .routes(routes!(webhooks::stripe))
        .routes(routes!(commands::consume))
        .routes(routes!(reads::consumption))
        .routes(routes!(commands::refund_consumption))
        .routes(routes!(commands::reserve))
        .routes(routes!(reads::reservation))
        .routes(routes!(commands::confirm_reservation))
        .routes(routes!(commands::cancel_reservation))
        .routes(routes!(commands::adjust))
        .routes(routes!(commands::change_settings, reads::settings))
        .routes(routes!(commands::configure_recurring_grant, reads::recurring_grant))
        .merge(auto_recharge::documented())
        .routes(routes!(reads::command))
        .merge(queries::documented())
        .routes(routes!(events::events))
        .routes(routes!(events::feed))
        .routes(routes!(batch::commands))
        .routes(routes!(packages::list, packages::create))
        .routes(routes!(packages::read, packages::change))
        .routes(routes!(packages::retire))
        .routes(routes!(packages::history))
        .routes(routes!(price_book::read, price_book::publish))
        .routes(routes!(price_book::scale))
        .routes(routes!(price_book::versions))
        .routes(routes!(price_book::diff))
        .routes(routes!(estimates::create))
        .merge(notifications::documented())
        .routes(routes!(keys::create, keys::list))
        .routes(routes!(keys::revoke))
        .routes(routes!(browser_tokens::create))
        .routes(routes!(browser_tokens::revoke))
        .routes(routes!(session::sign_in, session::show, session::sign_out))
        .routes(routes!(health::healthz))
        .routes(routes!(health::readyz))
        .routes(routes!(health::metrics))
}

/// The server's routes.
pub fn router(app: App) -> Router {
    let (router, api) = documented().split_for_parts();
    router
        .merge(openapi::pages(api))
        .merge(crate::web::pages(&app.origins))
        .fallback(no_route)
        .method_not_allowed_fallback(no_method)
        .layer(axum::middleware::from_fn_with_state(app.clone(), crate::edge::edge))
        .with_state(app)
}
