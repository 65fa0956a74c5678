//! Customers: who pays.

use serde_json::{Value, json};

use super::Labels;

#[derive(Clone, Debug)]
pub struct Customer {
    pub id: String,
    pub created: i64,
    pub email: Option<String>,
    pub name: Option<String>,
    pub description: Option<String>,
    pub metadata: Labels,
    /// The card for invoices and off-session payments.
    pub default_card: Option<String>,
}

impl Customer {
    #[must_use]
    pub fn show(&self) -> Value {
        json!({
            "id": self.id, "object": "customer", "address": null, "balance": 0, "created": self.created,
            "currency": null, "default_source": null, "delinquent": false, "description": self.description,
            "email": self.email, "invoice_prefix": "SIMULATED",
            "invoice_settings": {
                "custom_fields": null, "default_payment_method": self.default_card, "footer": null,
                "rendering_options": null
            },
            "livemode": false, "metadata": self.metadata, "name": self.name, "next_invoice_sequence": 1,
            "phone": null, "preferred_locales": [], "shipping": null, "tax_exempt": "none", "test_clock": null
        })
    }
}
