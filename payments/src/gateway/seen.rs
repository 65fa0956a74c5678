//! What the processor shows of its objects, cut down to what we decide on.
//!
//! Invariant: a status that we do not know is kept by its name, and is nobody's success.

use domain::Timestamp;
use domain::grant::Money;

use super::{
    ChargeId, CheckoutId, CustomerId, DisputeId, EventId, IntentId, Pairs, PaymentLabels, PaymentMethodId, PriceId,
    RefundId,
};

/// An open page where a customer pays.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Checkout {
    pub id: CheckoutId,
    pub url: String,
    pub expires_at: Timestamp,
    /// What it asks the customer for.
    pub amount: Option<Money>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SessionSeen {
    pub id: CheckoutId,
    pub status: SessionStatus,
    pub payment: SessionPayment,
    /// Absent until somebody has tried to pay.
    pub intent: Option<IntentId>,
    pub customer: Option<CustomerId>,
    pub amount: Option<Money>,
    pub metadata: Pairs,
    /// Absent once the page is closed.
    pub url: Option<String>,
    pub expires_at: Timestamp,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SessionStatus {
    Open,
    Complete,
    Expired,
    Other(String),
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SessionPayment {
    Paid,
    Unpaid,
    /// A total of zero.
    NotRequired,
    Other(String),
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct IntentSeen {
    pub id: IntentId,
    pub created: Timestamp,
    pub status: IntentStatus,
    pub amount: Money,
    /// What has arrived, in minor units; what went back later is not taken off.
    pub received_minor: i64,
    pub customer: Option<CustomerId>,
    pub payment_method: Option<PaymentMethodId>,
    /// The latest try.
    pub charge: Option<ChargeId>,
    /// Why the latest try failed.
    pub failure: Option<Failure>,
    /// Where the customer confirms, while that is wanted.
    pub confirm_url: Option<String>,
    pub metadata: Pairs,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum IntentStatus {
    RequiresPaymentMethod,
    RequiresConfirmation,
    RequiresAction,
    RequiresCapture,
    Processing,
    Canceled,
    Succeeded,
    Other(String),
}

/// Why a card was not charged.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Failure {
    /// Such as `card_declined`, `expired_card`, `authentication_required`.
    pub code: Option<String>,
    /// The bank's word, such as `insufficient_funds`.
    pub decline_code: Option<String>,
    /// What Stripe advises: `try_again_later`, `do_not_try_again`, `confirm_card_data`.
    pub advice_code: Option<String>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RefundSeen {
    pub id: RefundId,
    pub created: Timestamp,
    pub intent: Option<IntentId>,
    pub charge: Option<ChargeId>,
    pub amount: Money,
    pub status: RefundStatus,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum RefundStatus {
    Pending,
    RequiresAction,
    Succeeded,
    /// The money came back to us.
    Failed,
    Canceled,
    Other(String),
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DisputeSeen {
    pub id: DisputeId,
    pub created: Timestamp,
    pub intent: Option<IntentId>,
    pub charge: Option<ChargeId>,
    pub amount: Money,
    pub status: DisputeStatus,
}

/// The first three are of an inquiry: no money has moved.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum DisputeStatus {
    WarningNeedsResponse,
    WarningUnderReview,
    WarningClosed,
    NeedsResponse,
    UnderReview,
    Won,
    Lost,
    /// Refunded before it became a dispute.
    Prevented,
    Other(String),
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PriceSeen {
    pub id: PriceId,
    pub active: bool,
    /// Absent for prices that are not one fixed amount.
    pub amount: Option<Money>,
    /// Neither a subscription nor metered.
    pub one_time: bool,
    pub lookup_key: Option<String>,
}

/// A saved card, as far as it may be shown.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Card {
    pub id: PaymentMethodId,
    pub created: Timestamp,
    pub brand: String,
    pub last4: String,
    pub expires_month: u32,
    pub expires_year: u32,
}

/// An event as the processor lists it, with the text that a webhook would have carried.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RawEvent {
    pub id: EventId,
    pub kind: String,
    pub created: Timestamp,
    pub api_version: Option<String>,
    pub livemode: bool,
    pub payload: String,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Page<T> {
    pub items: Vec<T>,
    /// Where the next page begins; `None`: this is the last.
    pub next: Option<String>,
}

impl SessionSeen {
    #[must_use]
    pub fn labels(&self) -> Option<PaymentLabels> {
        PaymentLabels::read(&self.metadata)
    }
}

impl IntentSeen {
    #[must_use]
    pub fn labels(&self) -> Option<PaymentLabels> {
        PaymentLabels::read(&self.metadata)
    }
}
