//! Products and prices.

use serde_json::Value;

use crate::error::ApiError;
use crate::form::Params;
use crate::objects::price::Price;
use crate::objects::product::Product;
use crate::world::World;

pub fn create_product(world: &mut World, params: &mut Params) -> Result<Value, ApiError> {
    let id = params.text("id").unwrap_or_else(|| world.chance.id("prod"));
    if world.products.get(&id).is_ok() {
        return Err(ApiError::invalid("Product already exists.").with("code", "resource_already_exists"));
    }
    let product = Product {
        id,
        created: world.now(),
        name: params.required("name")?,
        description: params.text("description"),
        active: params.flag("active")?.unwrap_or(true),
        metadata: params.map("metadata"),
    };
    params.finish()?;
    let shown = product.show();
    world.products.insert(product);
    world.emit("product.created", shown.clone());
    Ok(shown)
}

pub fn create_price(world: &mut World, params: &mut Params) -> Result<Value, ApiError> {
    let product = params.required("product")?;
    world.products.get(&product)?;
    let lookup_key = params.text("lookup_key");
    if lookup_key.is_some() && world.prices.iter().any(|price| price.lookup_key == lookup_key) {
        return Err(ApiError::invalid("A price already uses that lookup key.").with("param", "lookup_key"));
    }
    let amount = params.integer("unit_amount")?.filter(|amount| *amount >= 0);
    let price = Price {
        id: world.chance.id("price"),
        created: world.now(),
        product,
        currency: params.required("currency")?.to_lowercase(),
        unit_amount: amount.ok_or_else(|| ApiError::missing("unit_amount"))?,
        active: params.flag("active")?.unwrap_or(true),
        lookup_key,
        nickname: params.text("nickname"),
        metadata: params.map("metadata"),
    };
    params.finish()?;
    let shown = price.show();
    world.prices.insert(price);
    world.emit("price.created", shown.clone());
    Ok(shown)
}

pub fn list_prices(world: &World, params: &mut Params) -> Result<Value, ApiError> {
    let (keys, product, active) = (params.list("lookup_keys"), params.text("product"), params.flag("active")?);
    let wanted = |price: &Price| {
        (keys.is_empty() || price.lookup_key.as_ref().is_some_and(|key| keys.contains(key)))
            && product.as_ref().is_none_or(|product| price.product == *product)
            && active.is_none_or(|active| price.active == active)
    };
    world.prices.page("/v1/prices", params, wanted)
}
