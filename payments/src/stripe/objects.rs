//! Stripe's objects, cut down to what is read of them, and what they are in our words.

use serde::Deserialize;
use serde_json::value::RawValue;

use super::reading::{Loose, Reference, Unreadable, instant, money};
use crate::gateway::{
    Card, ChargeId, CheckoutId, CustomerId, DisputeId, DisputeSeen, DisputeStatus, EventId, Failure, IntentId,
    IntentSeen, IntentStatus, PaymentMethodId, PriceId, PriceSeen, RawEvent, RefundId, RefundSeen, RefundStatus,
    SessionPayment, SessionSeen, SessionStatus,
};

/// A page of a list.
#[derive(Debug, Deserialize)]
pub(super) struct List<T> {
    pub data: Vec<T>,
    #[serde(default)]
    pub has_more: bool,
}

/// Something that only its id is read of.
#[derive(Debug, Deserialize)]
pub(super) struct Named {
    pub id: String,
}

/// Why a card did not pay.
#[derive(Clone, Debug, Deserialize)]
pub(super) struct CardError {
    pub code: Option<String>,
    pub decline_code: Option<String>,
    pub advice_code: Option<String>,
    pub message: Option<String>,
    pub payment_intent: Option<Intent>,
}

impl CardError {
    pub(super) fn failure(self) -> Failure {
        Failure { code: self.code, decline_code: self.decline_code, advice_code: self.advice_code }
    }
}

#[derive(Clone, Debug, Deserialize)]
pub(super) struct Session {
    id: String,
    status: Option<String>,
    payment_status: String,
    payment_intent: Option<Reference>,
    customer: Option<Reference>,
    amount_total: Option<i64>,
    currency: Option<String>,
    metadata: Option<Loose>,
    url: Option<String>,
    expires_at: i64,
}

impl Session {
    pub(super) fn seen(self) -> Result<SessionSeen, Unreadable> {
        Ok(SessionSeen {
            id: CheckoutId::new(self.id),
            status: match self.status.as_deref() {
                Some("open") => SessionStatus::Open,
                Some("complete") => SessionStatus::Complete,
                Some("expired") => SessionStatus::Expired,
                other => SessionStatus::Other(other.unwrap_or_default().to_owned()),
            },
            payment: match self.payment_status.as_str() {
                "paid" => SessionPayment::Paid,
                "unpaid" => SessionPayment::Unpaid,
                "no_payment_required" => SessionPayment::NotRequired,
                other => SessionPayment::Other(other.to_owned()),
            },
            intent: self.payment_intent.map(|intent| IntentId::new(intent.id())),
            customer: self.customer.map(|customer| CustomerId::new(customer.id())),
            amount: self.amount_total.zip(self.currency).map(|(total, code)| money(total, &code)).transpose()?,
            metadata: self.metadata.unwrap_or_default().pairs(),
            url: self.url,
            expires_at: instant(self.expires_at)?,
        })
    }
}

#[derive(Clone, Debug, Deserialize)]
pub(super) struct Intent {
    id: String,
    created: i64,
    status: String,
    amount: i64,
    currency: String,
    amount_received: Option<i64>,
    customer: Option<Reference>,
    payment_method: Option<Reference>,
    latest_charge: Option<Reference>,
    last_payment_error: Option<LastError>,
    next_action: Option<NextAction>,
    metadata: Option<Loose>,
}

/// As [`CardError`], without what would make an intent hold another.
#[derive(Clone, Debug, Deserialize)]
struct LastError {
    code: Option<String>,
    decline_code: Option<String>,
    advice_code: Option<String>,
}

#[derive(Clone, Debug, Deserialize)]
struct NextAction {
    redirect_to_url: Option<Redirect>,
}

#[derive(Clone, Debug, Deserialize)]
struct Redirect {
    url: Option<String>,
}

impl Intent {
    pub(super) fn id(&self) -> &str {
        &self.id
    }

    pub(super) fn seen(self) -> Result<IntentSeen, Unreadable> {
        let status = match self.status.as_str() {
            "requires_payment_method" => IntentStatus::RequiresPaymentMethod,
            "requires_confirmation" => IntentStatus::RequiresConfirmation,
            "requires_action" => IntentStatus::RequiresAction,
            "requires_capture" => IntentStatus::RequiresCapture,
            "processing" => IntentStatus::Processing,
            "canceled" => IntentStatus::Canceled,
            "succeeded" => IntentStatus::Succeeded,
            other => IntentStatus::Other(other.to_owned()),
        };
        let whole = if status == IntentStatus::Succeeded { self.amount } else { 0 };
        Ok(IntentSeen {
            id: IntentId::new(self.id),
            created: instant(self.created)?,
            status,
            amount: money(self.amount, &self.currency)?,
            received_minor: self.amount_received.unwrap_or(whole),
            customer: self.customer.map(|customer| CustomerId::new(customer.id())),
            payment_method: self.payment_method.map(|method| PaymentMethodId::new(method.id())),
            charge: self.latest_charge.map(|charge| ChargeId::new(charge.id())),
            failure: self.last_payment_error.map(|error| Failure {
                code: error.code,
                decline_code: error.decline_code,
                advice_code: error.advice_code,
            }),
            confirm_url: self.next_action.and_then(|action| action.redirect_to_url).and_then(|redirect| redirect.url),
            metadata: self.metadata.unwrap_or_default().pairs(),
        })
    }
}

#[derive(Clone, Debug, Deserialize)]
pub(super) struct Refund {
    id: String,
    created: i64,
    amount: i64,
    currency: String,
    status: Option<String>,
    payment_intent: Option<Reference>,
    charge: Option<Reference>,
}

impl Refund {
    pub(super) fn id(&self) -> &str {
        &self.id
    }

    pub(super) fn seen(self) -> Result<RefundSeen, Unreadable> {
        Ok(RefundSeen {
            id: RefundId::new(self.id),
            created: instant(self.created)?,
            intent: self.payment_intent.map(|intent| IntentId::new(intent.id())),
            charge: self.charge.map(|charge| ChargeId::new(charge.id())),
            amount: money(self.amount, &self.currency)?,
            status: match self.status.as_deref() {
                Some("pending") => RefundStatus::Pending,
                Some("requires_action") => RefundStatus::RequiresAction,
                Some("succeeded") => RefundStatus::Succeeded,
                Some("failed") => RefundStatus::Failed,
                Some("canceled") => RefundStatus::Canceled,
                other => RefundStatus::Other(other.unwrap_or_default().to_owned()),
            },
        })
    }
}

#[derive(Clone, Debug, Deserialize)]
pub(super) struct Dispute {
    id: String,
    created: i64,
    amount: i64,
    currency: String,
    status: String,
    payment_intent: Option<Reference>,
    charge: Option<Reference>,
}

impl Dispute {
    pub(super) fn id(&self) -> &str {
        &self.id
    }

    pub(super) fn seen(self) -> Result<DisputeSeen, Unreadable> {
        Ok(DisputeSeen {
            id: DisputeId::new(self.id),
            created: instant(self.created)?,
            intent: self.payment_intent.map(|intent| IntentId::new(intent.id())),
            charge: self.charge.map(|charge| ChargeId::new(charge.id())),
            amount: money(self.amount, &self.currency)?,
            status: match self.status.as_str() {
                "warning_needs_response" => DisputeStatus::WarningNeedsResponse,
                "warning_under_review" => DisputeStatus::WarningUnderReview,
                "warning_closed" => DisputeStatus::WarningClosed,
                "needs_response" => DisputeStatus::NeedsResponse,
                "under_review" => DisputeStatus::UnderReview,
                "won" => DisputeStatus::Won,
                "lost" => DisputeStatus::Lost,
                "prevented" => DisputeStatus::Prevented,
                other => DisputeStatus::Other(other.to_owned()),
            },
        })
    }
}

#[derive(Debug, Deserialize)]
pub(super) struct Price {
    id: String,
    active: bool,
    unit_amount: Option<i64>,
    currency: String,
    #[serde(rename = "type")]
    kind: String,
    lookup_key: Option<String>,
}

impl Price {
    pub(super) fn seen(self) -> Result<PriceSeen, Unreadable> {
        Ok(PriceSeen {
            id: PriceId::new(self.id),
            active: self.active,
            amount: self.unit_amount.map(|amount| money(amount, &self.currency)).transpose()?,
            one_time: self.kind == "one_time",
            lookup_key: self.lookup_key,
        })
    }
}

#[derive(Debug, Deserialize)]
pub(super) struct PaymentMethod {
    id: String,
    created: i64,
    card: Option<CardDetails>,
}

#[derive(Debug, Deserialize)]
struct CardDetails {
    #[serde(default)]
    brand: String,
    #[serde(default)]
    last4: String,
    exp_month: u32,
    exp_year: u32,
}

impl PaymentMethod {
    /// `None` for what is not a card.
    pub(super) fn seen(self) -> Result<Option<Card>, Unreadable> {
        let created = instant(self.created)?;
        Ok(self.card.map(|card| Card {
            id: PaymentMethodId::new(self.id),
            created,
            brand: card.brand,
            last4: card.last4,
            expires_month: card.exp_month,
            expires_year: card.exp_year,
        }))
    }
}

/// What every event has around its object.
#[derive(Debug, Deserialize)]
pub(super) struct EventHead {
    pub id: String,
    #[serde(rename = "type")]
    pub kind: String,
    pub created: i64,
    pub api_version: Option<String>,
    #[serde(default)]
    pub livemode: bool,
}

/// An event as a list gives it: the text is kept as it came.
pub(super) fn raw_event(text: &RawValue) -> Result<RawEvent, Unreadable> {
    let head: EventHead = serde_json::from_str(text.get()).map_err(|error| Unreadable(error.to_string()))?;
    Ok(RawEvent {
        id: EventId::new(head.id),
        kind: head.kind,
        created: instant(head.created)?,
        api_version: head.api_version,
        livemode: head.livemode,
        payload: text.get().to_owned(),
    })
}
