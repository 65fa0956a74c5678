//! The requests that the API takes, and which part of the account answers each.

mod catalogue;
mod customers;
mod endpoints;
mod intents;
mod money;
mod sessions;

use http::Method;
use serde_json::Value;

use crate::error::ApiError;
use crate::form::Params;
use crate::world::{Row, Table, World};

/// Carries out one request.
///
/// # Errors
/// Its refusal, in Stripe's words.
pub fn call(world: &mut World, method: &Method, path: &str, mut params: Params) -> Result<Value, ApiError> {
    world.expire_due_sessions();
    let segments: Vec<&str> = path.trim_matches('/').split('/').skip(1).collect();
    let post = method == Method::POST;
    let get = method == Method::GET;
    let answer = match segments.as_slice() {
        ["customers"] if post => customers::create(world, &mut params),
        ["customers"] if get => customers::list(world, &mut params),
        ["customers", id] if get => show(&world.customers, id),
        ["customers", id] if post => customers::update(world, id, &mut params),
        ["customers", id, "payment_methods"] if get => customers::cards(world, id, &mut params),
        ["payment_methods", id] if get => show(&world.cards, id),
        ["payment_methods", id, "attach"] if post => customers::attach(world, id, &mut params),
        ["payment_methods", id, "detach"] if post => customers::detach(world, id, &params),
        ["products"] if post => catalogue::create_product(world, &mut params),
        ["products"] if get => world.products.page("/v1/products", &mut params, |_| true),
        ["products", id] if get => show(&world.products, id),
        ["prices"] if post => catalogue::create_price(world, &mut params),
        ["prices"] if get => catalogue::list_prices(world, &mut params),
        ["prices", id] if get => show(&world.prices, id),
        ["checkout", "sessions"] if post => sessions::create(world, &mut params),
        ["checkout", "sessions"] if get => sessions::list(world, &mut params),
        ["checkout", "sessions", id] if get => show(&world.sessions, id),
        ["checkout", "sessions", id, "expire"] if post => sessions::expire(world, id, &params),
        ["payment_intents"] if post => intents::create(world, &mut params),
        ["payment_intents"] if get => intents::list(world, &mut params),
        ["payment_intents", id] if get => show(&world.intents, id),
        ["payment_intents", id, "cancel"] if post => intents::cancel(world, id, &mut params),
        ["charges", id] if get => show(&world.charges, id),
        ["refunds"] if post => money::refund(world, &mut params),
        ["refunds"] if get => money::list_refunds(world, &mut params),
        ["refunds", id] if get => show(&world.refunds, id),
        ["disputes"] if get => money::list_disputes(world, &mut params),
        ["disputes", id] if get => show(&world.disputes, id),
        ["events"] if get => money::list_events(world, &mut params),
        ["events", id] if get => show(&world.events, id),
        ["webhook_endpoints"] if post => endpoints::create(world, &mut params),
        ["webhook_endpoints"] if get => world.webhook_endpoints.page("/v1/webhook_endpoints", &mut params, |_| true),
        _ => {
            let message = format!("Unrecognized request URL ({method}: {path}).");
            return Err(ApiError::new(http::StatusCode::NOT_FOUND, "invalid_request_error", message));
        }
    }?;
    params.finish()?;
    Ok(answer)
}

fn show<T: Row>(table: &Table<T>, id: &str) -> Result<Value, ApiError> {
    table.get(id).map(Row::show)
}
