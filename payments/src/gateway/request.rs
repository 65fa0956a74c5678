//! What is asked for. Each is stored as it is before the first try, and sent from there: a key goes with one request.

use domain::grant::Money;
use domain::text::Note;
use serde::{Deserialize, Serialize};

use super::{CustomerId, IntentId, PaymentLabels, PaymentMethodId, PriceId};

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct CheckoutRequest {
    pub customer: CustomerId,
    pub price: PriceId,
    pub quantity: u32,
    pub success_url: String,
    pub cancel_url: String,
    /// Keep the card for charges while the customer is away.
    pub save_card: bool,
    pub labels: PaymentLabels,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct OffSessionCharge {
    pub customer: CustomerId,
    pub payment_method: PaymentMethodId,
    pub amount: Money,
    pub labels: PaymentLabels,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RefundRequest {
    pub intent: IntentId,
    /// `None`: all that has not gone back yet.
    pub amount_minor: Option<i64>,
    pub reason: Note,
    pub labels: PaymentLabels,
}
