//! Webhook endpoints as the API shows them.

use serde_json::{Value, json};

use super::Labels;
use crate::clock::API_VERSION;

#[derive(Clone, Debug)]
pub struct WebhookEndpoint {
    pub id: String,
    pub created: i64,
    pub url: String,
    pub secret: String,
    pub enabled_events: Vec<String>,
    pub description: Option<String>,
    pub metadata: Labels,
}

impl WebhookEndpoint {
    /// The secret is shown once, when the endpoint is made.
    #[must_use]
    pub fn show(&self, with_secret: bool) -> Value {
        let mut shown = json!({
            "id": self.id, "object": "webhook_endpoint", "api_version": API_VERSION, "application": null,
            "created": self.created, "description": self.description, "enabled_events": self.enabled_events,
            "livemode": false, "metadata": self.metadata, "status": "enabled", "url": self.url
        });
        if with_secret {
            shown["secret"] = json!(self.secret);
        }
        shown
    }
}
