//! Checkout sessions: one visit to the page on which a customer pays.

use serde_json::{Value, json};

use super::Labels;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Status {
    Open,
    Complete,
    Expired,
}

#[derive(Clone, Debug)]
pub struct Session {
    pub id: String,
    pub created: i64,
    pub expires_at: i64,
    pub status: Status,
    pub paid: bool,
    pub amount: i64,
    pub currency: String,
    pub customer: Option<String>,
    pub client_reference_id: Option<String>,
    pub intent: Option<String>,
    /// Price and quantity of each line.
    pub lines: Vec<(String, i64)>,
    pub metadata: Labels,
    pub intent_metadata: Labels,
    pub saves_card: bool,
    pub success_url: String,
    pub cancel_url: Option<String>,
    /// The page of this session.
    pub url: String,
    /// What the page says about the last attempt.
    pub notice: Option<String>,
}

impl Session {
    /// Where the customer goes after paying.
    #[must_use]
    pub fn return_url(&self) -> String {
        self.success_url.replace("{CHECKOUT_SESSION_ID}", &self.id)
    }

    #[must_use]
    pub fn show(&self) -> Value {
        let status = match self.status {
            Status::Open => "open",
            Status::Complete => "complete",
            Status::Expired => "expired",
        };
        json!({
            "id": self.id, "object": "checkout.session", "adaptive_pricing": {"enabled": false},
            "after_expiration": null, "allow_promotion_codes": null, "amount_subtotal": self.amount,
            "amount_total": self.amount, "automatic_tax": {"enabled": false, "liability": null, "provider": null, "status": null},
            "billing_address_collection": null, "cancel_url": self.cancel_url,
            "client_reference_id": self.client_reference_id, "client_secret": null, "collected_information": null,
            "consent": null, "consent_collection": null, "created": self.created, "currency": self.currency,
            "currency_conversion": null, "custom_fields": [],
            "custom_text": {
                "after_submit": null, "shipping_address": null, "submit": null, "terms_of_service_acceptance": null
            },
            "customer": self.customer, "customer_creation": null, "customer_details": null, "customer_email": null,
            "discounts": [], "expires_at": self.expires_at, "invoice": null, "invoice_creation": null,
            "livemode": false, "locale": null, "metadata": self.metadata, "mode": "payment",
            "payment_intent": self.intent, "payment_link": null, "payment_method_collection": "if_required",
            "payment_method_configuration_details": null, "payment_method_options": {},
            "payment_method_types": ["card"], "payment_status": if self.paid { "paid" } else { "unpaid" },
            "permissions": null, "phone_number_collection": {"enabled": false}, "recovered_from": null,
            "saved_payment_method_options": null, "setup_intent": null, "shipping_address_collection": null,
            "shipping_cost": null, "shipping_options": [], "status": status, "submit_type": null,
            "subscription": null, "success_url": self.success_url,
            "total_details": {"amount_discount": 0, "amount_shipping": 0, "amount_tax": 0}, "ui_mode": "hosted_page",
            "url": (self.status == Status::Open).then_some(&self.url), "wallet_options": null
        })
    }
}
