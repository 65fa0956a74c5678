//! Payment intents: a payment from the wish to the money.

use serde_json::{Value, json};

use super::Labels;

/// Where a payment stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Status {
    RequiresPaymentMethod,
    RequiresConfirmation,
    RequiresAction,
    Processing,
    Succeeded,
    Canceled,
}

impl Status {
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::RequiresPaymentMethod => "requires_payment_method",
            Self::RequiresConfirmation => "requires_confirmation",
            Self::RequiresAction => "requires_action",
            Self::Processing => "processing",
            Self::Succeeded => "succeeded",
            Self::Canceled => "canceled",
        }
    }
}

#[derive(Clone, Debug)]
pub struct Intent {
    pub id: String,
    pub created: i64,
    pub amount: i64,
    pub currency: String,
    pub customer: Option<String>,
    pub card: Option<String>,
    pub description: Option<String>,
    pub status: Status,
    pub latest_charge: Option<String>,
    /// The error of the last attempt, as it was answered.
    pub last_error: Option<Value>,
    pub canceled_at: Option<i64>,
    pub saves_card: bool,
    pub metadata: Labels,
    /// Where the customer confirms, while that is what it waits for.
    pub confirm_url: String,
}

impl Intent {
    #[must_use]
    pub fn show(&self) -> Value {
        let received = if self.status == Status::Succeeded { self.amount } else { 0 };
        let next_action = (self.status == Status::RequiresAction).then(
            || json!({"type": "redirect_to_url", "redirect_to_url": {"return_url": null, "url": self.confirm_url}}),
        );
        json!({
            "id": self.id, "object": "payment_intent", "amount": self.amount, "amount_capturable": 0,
            "amount_details": {"tip": {}}, "amount_received": received, "application": null,
            "application_fee_amount": null, "automatic_payment_methods": null, "canceled_at": self.canceled_at,
            "cancellation_reason": null, "capture_method": "automatic_async",
            "client_secret": format!("{}_secret_simulated", self.id), "confirmation_method": "automatic",
            "created": self.created, "currency": self.currency, "customer": self.customer,
            "description": self.description, "last_payment_error": self.last_error,
            "latest_charge": self.latest_charge, "livemode": false, "metadata": self.metadata,
            "next_action": next_action, "on_behalf_of": null, "payment_method": self.card,
            "payment_method_configuration_details": null, "payment_method_options": {},
            "payment_method_types": ["card"], "processing": null, "receipt_email": null, "review": null,
            "setup_future_usage": self.saves_card.then_some("off_session"), "shipping": null, "source": null,
            "statement_descriptor": null, "statement_descriptor_suffix": null, "status": self.status.name(),
            "transfer_data": null, "transfer_group": null
        })
    }
}
