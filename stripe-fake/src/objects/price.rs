//! Prices: what a product costs. Amount and currency never change.

use serde_json::{Value, json};

use super::Labels;

#[derive(Clone, Debug)]
pub struct Price {
    pub id: String,
    pub created: i64,
    pub product: String,
    /// Lower case, as the API has it.
    pub currency: String,
    pub unit_amount: i64,
    pub active: bool,
    pub lookup_key: Option<String>,
    pub nickname: Option<String>,
    pub metadata: Labels,
}

impl Price {
    #[must_use]
    pub fn show(&self) -> Value {
        json!({
            "id": self.id, "object": "price", "active": self.active, "billing_scheme": "per_unit",
            "created": self.created, "currency": self.currency, "custom_unit_amount": null, "livemode": false,
            "lookup_key": self.lookup_key, "metadata": self.metadata, "nickname": self.nickname,
            "product": self.product, "recurring": null, "tax_behavior": "unspecified", "tiers_mode": null,
            "transform_quantity": null, "type": "one_time", "unit_amount": self.unit_amount,
            "unit_amount_decimal": self.unit_amount.to_string()
        })
    }
}
