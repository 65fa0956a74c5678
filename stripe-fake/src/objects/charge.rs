//! Charges: one attempt to take money.

use serde_json::{Value, json};

use super::Labels;
use super::card::Decline;

#[derive(Clone, Debug)]
pub struct Charge {
    pub id: String,
    pub created: i64,
    pub intent: String,
    pub customer: Option<String>,
    pub card: String,
    pub currency: String,
    pub amount: i64,
    pub amount_refunded: i64,
    pub declined: Option<Decline>,
    pub disputed: bool,
    /// As the intent's were at the time.
    pub metadata: Labels,
    pub receipt_url: String,
}

impl Charge {
    #[must_use]
    pub const fn paid(&self) -> bool {
        self.declined.is_none()
    }

    #[must_use]
    pub fn show(&self) -> Value {
        let captured = if self.paid() { self.amount } else { 0 };
        let outcome = json!({
            "advice_code": self.declined.and_then(|decline| decline.advice_code), "network_advice_code": null,
            "network_decline_code": null, "network_status": if self.paid() { "approved_by_network" } else { "declined_by_network" },
            "reason": self.declined.and_then(|decline| decline.decline_code), "risk_level": "normal", "risk_score": 10,
            "seller_message": if self.paid() { "Payment complete." } else { "The bank declined the payment." },
            "type": if self.paid() { "authorized" } else { "issuer_declined" }
        });
        json!({
            "id": self.id, "object": "charge", "amount": self.amount, "amount_captured": captured,
            "amount_refunded": self.amount_refunded, "application": null, "application_fee": null,
            "application_fee_amount": null, "balance_transaction": null,
            "billing_details": {"address": null, "email": null, "name": null, "phone": null, "tax_id": null},
            "calculated_statement_descriptor": "SIMULATION", "captured": self.paid(), "created": self.created,
            "currency": self.currency, "customer": self.customer, "description": null, "disputed": self.disputed,
            "failure_balance_transaction": null, "failure_code": self.declined.map(|decline| decline.code),
            "failure_message": self.declined.map(|decline| decline.message), "fraud_details": {}, "livemode": false,
            "metadata": self.metadata, "on_behalf_of": null, "outcome": outcome, "paid": self.paid(),
            "payment_intent": self.intent, "payment_method": self.card, "payment_method_details": null,
            "radar_options": {}, "receipt_email": null, "receipt_number": null,
            "receipt_url": self.paid().then_some(&self.receipt_url),
            "refunded": self.amount_refunded == self.amount, "review": null, "shipping": null, "source": null,
            "source_transfer": null, "statement_descriptor": null, "statement_descriptor_suffix": null,
            "status": if self.paid() { "succeeded" } else { "failed" }, "transfer_data": null, "transfer_group": null
        })
    }
}
