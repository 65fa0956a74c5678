//! Checkout sessions.

use serde_json::Value;

use crate::error::ApiError;
use crate::form::Params;
use crate::objects::Labels;
use crate::objects::session::{Session, Status};
use crate::world::World;

/// How long a session is open where the request does not say, as with Stripe.
const LIFETIME_DEFAULT_SECONDS: i64 = 24 * 3600;
/// The shortest that may be asked for.
const LIFETIME_MIN_SECONDS: i64 = 30 * 60;

pub fn create(world: &mut World, params: &mut Params) -> Result<Value, ApiError> {
    let mode = params.one_of("mode", &["payment"])?;
    mode.ok_or_else(|| ApiError::missing("mode"))?;
    let (lines, amount, currency) = lines(world, params)?;
    let customer = params.text("customer");
    if let Some(customer) = &customer {
        world.customers.get(customer).map_err(|error| error.in_param("customer"))?;
    }
    let now = world.now();
    let expires_at = params.integer("expires_at")?.unwrap_or(now + LIFETIME_DEFAULT_SECONDS);
    // A few seconds of grace, as between two machines.
    if expires_at < now + LIFETIME_MIN_SECONDS - 60 || expires_at > now + LIFETIME_DEFAULT_SECONDS + 60 {
        let message =
            "The `expires_at` timestamp must be between 30 minutes and 24 hours from Checkout Session creation.";
        return Err(ApiError::invalid(message).with("param", "expires_at"));
    }
    let (intent_metadata, saves_card) = intent_data(params)?;
    let id = world.chance.id("cs_test");
    let session = Session {
        url: format!("{}/c/pay/{id}", world.base_url),
        id,
        created: now,
        expires_at,
        status: Status::Open,
        paid: false,
        amount,
        currency,
        customer,
        client_reference_id: params.text("client_reference_id"),
        intent: None,
        lines,
        metadata: params.map("metadata"),
        intent_metadata,
        saves_card,
        success_url: params.required("success_url")?,
        cancel_url: params.text("cancel_url"),
        notice: None,
    };
    params.finish()?;
    let shown = session.show();
    world.sessions.insert(session);
    Ok(shown)
}

/// Prices and quantities, with their sum and its currency.
type Lines = (Vec<(String, i64)>, i64, String);

fn lines(world: &World, params: &mut Params) -> Result<Lines, ApiError> {
    let (mut lines, mut amount, mut currency) = (Vec::new(), 0_i64, None);
    for mut item in params.items("line_items") {
        let (id, quantity) = (item.required("price")?, item.integer("quantity")?.unwrap_or(1));
        item.finish()?;
        let price = world.prices.get(&id).map_err(|error| error.in_param("line_items[0][price]"))?;
        if !price.active {
            return Err(ApiError::invalid("The price specified is inactive.").with("param", "line_items[0][price]"));
        }
        if currency.get_or_insert_with(|| price.currency.clone()) != &price.currency {
            return Err(ApiError::invalid("All prices on a session must have the same currency."));
        }
        let sum = price.unit_amount.checked_mul(quantity).filter(|_| quantity > 0);
        let sum = sum.and_then(|sum| amount.checked_add(sum));
        amount = sum.ok_or_else(|| ApiError::invalid("Invalid quantity").with("param", "line_items[0][quantity]"))?;
        lines.push((id, quantity));
    }
    let currency = currency.ok_or_else(|| ApiError::missing("line_items"))?;
    Ok((lines, amount, currency))
}

/// What the session's payment will carry: metadata, and whether its card is saved.
fn intent_data(params: &mut Params) -> Result<(Labels, bool), ApiError> {
    let Some(mut part) = params.part("payment_intent_data") else { return Ok((Labels::new(), false)) };
    let metadata = part.map("metadata");
    let saves_card = part.one_of("setup_future_usage", &["off_session"])?.is_some();
    part.finish()?;
    Ok((metadata, saves_card))
}

pub fn list(world: &World, params: &mut Params) -> Result<Value, ApiError> {
    let (customer, intent) = (params.text("customer"), params.text("payment_intent"));
    let wanted = |session: &Session| {
        (customer.is_none() || session.customer == customer) && (intent.is_none() || session.intent == intent)
    };
    world.sessions.page("/v1/checkout/sessions", params, wanted)
}

pub fn expire(world: &mut World, id: &str, params: &Params) -> Result<Value, ApiError> {
    params.finish()?;
    world.expire_session(id)?;
    Ok(world.sessions.get(id)?.show())
}
