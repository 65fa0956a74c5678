//! Payment intents on saved cards.

use serde_json::Value;

use crate::error::ApiError;
use crate::form::Params;
use crate::objects::intent::{Intent, Status};
use crate::world::{Presence, World};

/// The least that a card is charged, in minor units.
const AMOUNT_MIN: i64 = 50;

pub fn create(world: &mut World, params: &mut Params) -> Result<Value, ApiError> {
    let amount = params.integer("amount")?.ok_or_else(|| ApiError::missing("amount"))?;
    if amount < AMOUNT_MIN {
        return Err(ApiError::invalid("Amount must be at least $0.50").with("code", "amount_too_small"));
    }
    let (confirm, off_session) =
        (params.flag("confirm")?.unwrap_or(false), params.flag("off_session")?.unwrap_or(false));
    let (customer, card) = (params.text("customer"), params.text("payment_method"));
    if off_session && !confirm {
        return Err(
            ApiError::invalid("You can only use `off_session` when `confirm=true`.").with("param", "off_session")
        );
    }
    let card = card.map(|id| world.card_of(&id, None).map_err(|error| error.in_param("payment_method"))).transpose()?;
    if let Some(customer) = &customer {
        world.customers.get(customer).map_err(|error| error.in_param("customer"))?;
        check_owner(card.as_ref().and_then(|card| card.customer.as_deref()), customer)?;
    }
    let id = world.chance.id("pi");
    let confirm_url = format!("{}/c/confirm/{id}", world.base_url);
    let intent = Intent {
        id,
        created: world.now(),
        amount,
        currency: params.required("currency")?.to_lowercase(),
        customer,
        card: card.as_ref().map(|card| card.id.clone()),
        description: params.text("description"),
        status: if card.is_some() { Status::RequiresConfirmation } else { Status::RequiresPaymentMethod },
        latest_charge: None,
        last_error: None,
        canceled_at: None,
        saves_card: false,
        metadata: params.map("metadata"),
        confirm_url,
    };
    params.finish()?;
    let id = world.open_intent(intent);
    if confirm {
        let card = card.ok_or_else(|| ApiError::missing("payment_method"))?;
        let presence = if off_session { Presence::OffSession } else { Presence::OnSession };
        world.attempt(&id, &card, presence)?;
    }
    Ok(world.intents.get(&id)?.show())
}

fn check_owner(owner: Option<&str>, customer: &str) -> Result<(), ApiError> {
    if owner.is_none_or(|owner| owner == customer) {
        return Ok(());
    }
    Err(ApiError::invalid("The provided PaymentMethod belongs to another customer.").with("param", "payment_method"))
}

pub fn list(world: &World, params: &mut Params) -> Result<Value, ApiError> {
    let customer = params.text("customer");
    let wanted = |intent: &Intent| customer.is_none() || intent.customer == customer;
    world.intents.page("/v1/payment_intents", params, wanted)
}

pub fn cancel(world: &mut World, id: &str, params: &mut Params) -> Result<Value, ApiError> {
    params.one_of("cancellation_reason", &["abandoned", "duplicate", "fraudulent", "requested_by_customer"])?;
    params.finish()?;
    world.cancel(id)
}
