//! Refunds: money that goes back.

use serde_json::{Value, json};

use super::Labels;

/// Where a refund stands. A failed one has not gone back after all.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Status {
    Pending,
    Succeeded,
    Failed,
    Canceled,
}

impl Status {
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Pending => "pending",
            Self::Succeeded => "succeeded",
            Self::Failed => "failed",
            Self::Canceled => "canceled",
        }
    }

    #[must_use]
    pub fn of_name(name: &str) -> Option<Self> {
        [Self::Pending, Self::Succeeded, Self::Failed, Self::Canceled].into_iter().find(|status| status.name() == name)
    }

    /// Whether its money counts as gone back.
    #[must_use]
    pub const fn counts(self) -> bool {
        match self {
            Self::Pending | Self::Succeeded => true,
            Self::Failed | Self::Canceled => false,
        }
    }
}

#[derive(Clone, Debug)]
pub struct Refund {
    pub id: String,
    pub created: i64,
    pub charge: String,
    pub intent: String,
    pub amount: i64,
    pub currency: String,
    pub status: Status,
    pub reason: Option<String>,
    pub metadata: Labels,
}

impl Refund {
    #[must_use]
    pub fn show(&self) -> Value {
        json!({
            "id": self.id, "object": "refund", "amount": self.amount, "balance_transaction": null,
            "charge": self.charge, "created": self.created, "currency": self.currency,
            "destination_details": {
                "card": {"reference": null, "reference_status": "pending", "reference_type": "acquirer_reference_number",
                         "type": "refund"},
                "type": "card"
            },
            "failure_reason": (self.status == Status::Failed).then_some("lost_or_stolen_card"),
            "metadata": self.metadata, "payment_intent": self.intent, "reason": self.reason, "receipt_number": null,
            "source_transfer_reversal": null, "status": self.status.name(), "transfer_reversal": null
        })
    }
}
