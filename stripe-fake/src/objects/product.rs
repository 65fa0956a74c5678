//! Products: what is sold.

use serde_json::{Value, json};

use super::Labels;

#[derive(Clone, Debug)]
pub struct Product {
    pub id: String,
    pub created: i64,
    pub name: String,
    pub description: Option<String>,
    pub active: bool,
    pub metadata: Labels,
}

impl Product {
    #[must_use]
    pub fn show(&self) -> Value {
        json!({
            "id": self.id, "object": "product", "active": self.active, "created": self.created,
            "default_price": null, "description": self.description, "images": [], "livemode": false,
            "marketing_features": [], "metadata": self.metadata, "name": self.name, "package_dimensions": null,
            "shippable": null, "statement_descriptor": null, "tax_code": null, "type": "service",
            "unit_label": null, "updated": self.created, "url": null
        })
    }
}
