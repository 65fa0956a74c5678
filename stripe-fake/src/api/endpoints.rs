//! Webhook endpoints that are made by the API.

use serde_json::Value;

use crate::delivery::Endpoint;
use crate::error::ApiError;
use crate::form::Params;
use crate::objects::endpoint::WebhookEndpoint;
use crate::world::World;

pub fn create(world: &mut World, params: &mut Params) -> Result<Value, ApiError> {
    params.text("api_version");
    let secret = world.chance.id("whsec").replace('-', "");
    let endpoint = WebhookEndpoint {
        id: world.chance.id("we"),
        created: world.now(),
        url: params.required("url")?,
        secret: secret.clone(),
        enabled_events: params.list("enabled_events"),
        description: params.text("description"),
        metadata: params.map("metadata"),
    };
    if endpoint.enabled_events.is_empty() {
        return Err(ApiError::missing("enabled_events"));
    }
    params.finish()?;
    let everything = endpoint.enabled_events.iter().any(|kind| kind == "*");
    let types = if everything { Vec::new() } else { endpoint.enabled_events.clone() };
    world.endpoints.push(Endpoint { url: endpoint.url.clone(), secrets: vec![secret], types });
    let shown = endpoint.show(true);
    world.webhook_endpoints.insert(endpoint);
    Ok(shown)
}
