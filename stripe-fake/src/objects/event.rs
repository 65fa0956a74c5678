//! Events: what happened, with the object as it was then.

use serde_json::{Value, json};

use crate::clock::API_VERSION;

#[derive(Clone, Debug)]
pub struct Event {
    pub id: String,
    pub created: i64,
    pub kind: &'static str,
    pub object: Value,
    /// The key of the request that caused it.
    pub idempotency_key: Option<String>,
}

impl Event {
    #[must_use]
    pub fn show(&self) -> Value {
        json!({
            "id": self.id, "object": "event", "api_version": API_VERSION, "created": self.created,
            "data": {"object": self.object}, "livemode": false, "pending_webhooks": 1,
            "request": {"id": null, "idempotency_key": self.idempotency_key}, "type": self.kind
        })
    }
}
