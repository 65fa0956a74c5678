//! What is asked of whoever moves the money, in words of our own.
//!
//! Invariant: what changes something there takes a [`RequestKey`] that was fixed, and committed with what is asked,
//! before the first try. The same key and request again have no second effect.
//! Invariant: [`GatewayError::Unknown`] is not a failure. It may have happened: ask again with the same key while
//! [`RequestKey::LIFE_HOURS`] last, and read back after that; never ask anew under another key.
//! Absent: Stripe's types, HTTP, retries over a crash (whoever asks keeps what it asked), clocks.

mod ids;
mod key;
mod labels;
mod request;
mod seen;

use async_trait::async_trait;
use domain::ids::RechargeId;
use domain::{OrganizationId, Timestamp};

pub use ids::{ChargeId, CheckoutId, CustomerId, DisputeId, EventId, IntentId, PaymentMethodId, PriceId, RefundId};
pub use key::{InvalidRequestKey, RequestKey};
pub use labels::{Pairs, PaymentLabels};
pub use request::{CheckoutRequest, OffSessionCharge, RefundRequest};
pub use seen::{
    Card, Checkout, DisputeSeen, DisputeStatus, Failure, IntentSeen, IntentStatus, Page, PriceSeen, RawEvent,
    RefundSeen, RefundStatus, SessionPayment, SessionSeen, SessionStatus,
};

/// Who moves the money.
#[async_trait]
pub trait PaymentGateway: Send + Sync {
    /// Makes the customer that stands for an organization; the same key finds it again.
    async fn ensure_customer(
        &self,
        key: &RequestKey,
        organization: &OrganizationId,
    ) -> Result<CustomerId, GatewayError>;

    /// Opens a page where the customer pays.
    async fn create_checkout(&self, key: &RequestKey, request: &CheckoutRequest) -> Result<Checkout, GatewayError>;

    /// Ends a page that nobody has paid on; one that has ended already is fine.
    async fn expire_checkout(&self, key: &RequestKey, id: &CheckoutId) -> Result<SessionSeen, GatewayError>;

    /// Charges a saved card while the customer is away.
    async fn charge_off_session(
        &self,
        key: &RequestKey,
        charge: &OffSessionCharge,
    ) -> Result<ChargeOutcome, GatewayError>;

    /// Ends an intent that waits for its customer, and answers what has become of it: one that succeeded before stays so.
    async fn cancel_intent(&self, key: &RequestKey, id: &IntentId) -> Result<IntentSeen, GatewayError>;

    /// Gives money back.
    async fn refund(&self, key: &RequestKey, request: &RefundRequest) -> Result<RefundSeen, GatewayError>;

    async fn price(&self, id: &PriceId) -> Result<PriceSeen, GatewayError>;
    /// Newest first.
    async fn saved_cards(&self, customer: &CustomerId) -> Result<Vec<Card>, GatewayError>;
    async fn session(&self, id: &CheckoutId) -> Result<SessionSeen, GatewayError>;
    async fn intent(&self, id: &IntentId) -> Result<IntentSeen, GatewayError>;
    async fn refunds_of(&self, intent: &IntentId) -> Result<Vec<RefundSeen>, GatewayError>;
    async fn disputes_of(&self, intent: &IntentId) -> Result<Vec<DisputeSeen>, GatewayError>;

    /// The intent that carries this attempt in its labels, where a charge's outcome is unknown.
    async fn find_intent(
        &self,
        customer: &CustomerId,
        since: Timestamp,
        attempt: RechargeId,
    ) -> Result<Option<IntentSeen>, GatewayError>;

    /// Events of `from <= created <= to`, newest first; `after` is the [`Page::next`] of the page before.
    async fn events(&self, from: Timestamp, to: Timestamp, after: Option<&str>)
    -> Result<Page<RawEvent>, GatewayError>;

    /// Intents of `created >= from`, newest first.
    async fn intents(&self, from: Timestamp, after: Option<&str>) -> Result<Page<IntentSeen>, GatewayError>;
}

/// What became of a charge while the customer was away.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ChargeOutcome {
    Succeeded {
        intent: IntentId,
        charge: Option<ChargeId>,
    },
    /// The bank takes its time: an event tells the end.
    Processing {
        intent: IntentId,
    },
    /// The bank wants to see the customer, who may do so at `url` where there is one. Asking again will not help: cancel.
    NeedsCustomer {
        intent: IntentId,
        url: Option<String>,
    },
    Declined {
        intent: IntentId,
        failure: Failure,
    },
}

/// Why there is no answer to act on.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum GatewayError {
    /// Nothing happened, and the same request will be refused again: a mistake of ours, or in the settings.
    #[error("the payment processor refused the request (HTTP {status}, code {code:?}, parameter {param:?}): {message}")]
    Refused {
        status: u16,
        code: Option<String>,
        param: Option<String>,
        message: String,
        /// For the processor's support.
        request_id: Option<String>,
    },
    /// It may have happened.
    #[error("the payment processor's answer is unknown: {why}")]
    Unknown { why: Doubt, request_id: Option<String> },
}

impl GatewayError {
    /// Whether asking again, with the same key, can help.
    #[must_use]
    pub const fn retryable(&self) -> bool {
        match self {
            Self::Refused { .. } => false,
            Self::Unknown { .. } => true,
        }
    }
}

/// Why it is not known what happened.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Doubt {
    #[error("no answer in time")]
    Timeout,
    #[error("the connection failed: {0}")]
    Connection(String),
    /// 409: the first try with this key is still in work, or another request holds the object.
    #[error("another request is in work")]
    Conflict,
    #[error("too many requests")]
    RateLimited,
    #[error("HTTP {0}")]
    Server(u16),
    #[error("an answer (HTTP {status}) that cannot be read: {problem}")]
    Unreadable { status: u16, problem: String },
}
