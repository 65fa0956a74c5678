//! Customers and their saved cards.

use serde_json::Value;

use crate::error::ApiError;
use crate::form::Params;
use crate::objects::card::TestCard;
use crate::objects::customer::Customer;
use crate::world::World;

pub fn create(world: &mut World, params: &mut Params) -> Result<Value, ApiError> {
    let customer = Customer {
        id: world.chance.id("cus"),
        created: world.now(),
        email: params.text("email"),
        name: params.text("name"),
        description: params.text("description"),
        metadata: params.map("metadata"),
        default_card: None,
    };
    params.finish()?;
    let shown = customer.show();
    world.customers.insert(customer);
    world.emit("customer.created", shown.clone());
    Ok(shown)
}

pub fn list(world: &World, params: &mut Params) -> Result<Value, ApiError> {
    let email = params.text("email");
    let wanted = |customer: &Customer| email.is_none() || customer.email == email;
    world.customers.page("/v1/customers", params, wanted)
}

pub fn update(world: &mut World, id: &str, params: &mut Params) -> Result<Value, ApiError> {
    let mut invoices = params.part("invoice_settings");
    let card = invoices.as_mut().and_then(|part| part.text("default_payment_method"));
    if let Some(part) = invoices {
        part.finish()?;
    }
    if let Some(card) = &card
        && world.cards.get(card)?.customer.as_deref() != Some(id)
    {
        return Err(ApiError::invalid("The customer does not have a payment method with that id."));
    }
    let (email, name, metadata) = (params.text("email"), params.text("name"), params.map("metadata"));
    params.finish()?;
    let customer = world.customers.get_mut(id)?;
    customer.email = email.or_else(|| customer.email.take());
    customer.name = name.or_else(|| customer.name.take());
    customer.metadata.extend(metadata);
    customer.default_card = card.or_else(|| customer.default_card.take());
    let shown = customer.show();
    world.emit("customer.updated", shown.clone());
    Ok(shown)
}

pub fn cards(world: &World, id: &str, params: &mut Params) -> Result<Value, ApiError> {
    world.customers.get(id)?;
    params.one_of("type", &["card"])?;
    let url = format!("/v1/customers/{id}/payment_methods");
    world.cards.page(&url, params, |card| card.customer.as_deref() == Some(id))
}

pub fn attach(world: &mut World, id: &str, params: &mut Params) -> Result<Value, ApiError> {
    let customer = params.required("customer")?;
    params.finish()?;
    world.customers.get(&customer)?;
    let card = match TestCard::of_token(id) {
        Some(_) => world.card_of(id, None)?,
        None => world.cards.get(id)?.clone(),
    };
    if let Some(decline) = card.card.declines() {
        return Err(ApiError::card(decline.code, decline.message).with("decline_code", decline.decline_code));
    }
    let card = world.cards.get_mut(&card.id)?;
    card.customer = Some(customer);
    let shown = card.show();
    world.emit("payment_method.attached", shown.clone());
    Ok(shown)
}

pub fn detach(world: &mut World, id: &str, params: &Params) -> Result<Value, ApiError> {
    params.finish()?;
    let card = world.cards.get_mut(id)?;
    card.customer = None;
    let shown = card.show();
    world.emit("payment_method.detached", shown.clone());
    Ok(shown)
}
