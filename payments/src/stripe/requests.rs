//! Requests, built by async-stripe so that every parameter is one that the API has.

use std::collections::HashMap;

use domain::grant::{Currency, Money};
use domain::{OrganizationId, Timestamp};
use stripe_checkout::checkout_session::{
    CreateCheckoutSession, CreateCheckoutSessionLineItems, CreateCheckoutSessionPaymentIntentData,
    CreateCheckoutSessionPaymentIntentDataSetupFutureUsage, ExpireCheckoutSession, RetrieveCheckoutSession,
};
use stripe_client_core::{RequestBuilder, StripeMethod, StripeRequest};
use stripe_core::customer::{CreateCustomer, ListPaymentMethodsCustomer, ListPaymentMethodsCustomerType};
use stripe_core::event::ListEvent;
use stripe_core::payment_intent::{
    CancelPaymentIntent, CreatePaymentIntent, CreatePaymentIntentOffSession, ListPaymentIntent, RetrievePaymentIntent,
};
use stripe_core::refund::{CreateRefund, CreateRefundReason, ListRefund};
use stripe_product::price::RetrievePrice;
use stripe_shared::CheckoutSessionMode;
use stripe_types::RangeQueryTs;

use crate::gateway::{
    CheckoutId, CheckoutRequest, CustomerId, IntentId, OffSessionCharge, Pairs, PriceId, RefundRequest,
};

/// The most that a list gives at once.
const PAGE: i64 = 100;

/// The same parameters in one order: async-stripe keeps metadata in hash maps, and a request that is repeated should be
/// the same to the letter.
pub(super) fn sorted(body: &str) -> String {
    let mut pairs: Vec<&str> = body.split('&').filter(|pair| !pair.is_empty()).collect();
    pairs.sort_unstable();
    pairs.join("&")
}

fn metadata(pairs: Pairs) -> HashMap<String, String> {
    pairs.into_iter().collect()
}

/// As the API writes it.
pub(super) fn currency(currency: Currency) -> stripe_types::Currency {
    let code = String::from(currency).to_lowercase();
    code.parse().unwrap_or_else(|never: std::convert::Infallible| match never {})
}

pub(super) fn create_customer(organization: &OrganizationId) -> RequestBuilder {
    let labels = HashMap::from([("organizationId".to_owned(), organization.to_string())]);
    CreateCustomer::new().description(organization.to_string()).metadata(labels).build()
}

pub(super) fn create_checkout(request: &CheckoutRequest) -> RequestBuilder {
    let item = CreateCheckoutSessionLineItems {
        price: Some(request.price.to_string()),
        quantity: Some(u64::from(request.quantity)),
        ..CreateCheckoutSessionLineItems::new()
    };
    let mut payment = CreateCheckoutSessionPaymentIntentData::new();
    // Stripe copies a session's metadata to nothing: the payment, and by it the charge, needs its own.
    payment.metadata = Some(metadata(request.labels.pairs()));
    if request.save_card {
        payment.setup_future_usage = Some(CreateCheckoutSessionPaymentIntentDataSetupFutureUsage::OffSession);
    }
    CreateCheckoutSession::new()
        .mode(CheckoutSessionMode::Payment)
        .customer(request.customer.to_string())
        .client_reference_id(request.labels.purchase_id.to_string())
        .line_items(vec![item])
        .metadata(metadata(request.labels.pairs()))
        .payment_intent_data(payment)
        .success_url(request.success_url.clone())
        .cancel_url(request.cancel_url.clone())
        .build()
}

pub(super) fn expire_checkout(id: &CheckoutId) -> RequestBuilder {
    ExpireCheckoutSession::new(id.as_str()).build()
}

pub(super) fn session(id: &CheckoutId) -> RequestBuilder {
    RetrieveCheckoutSession::new(id.as_str()).build()
}

pub(super) fn charge_off_session(charge: &OffSessionCharge) -> RequestBuilder {
    let Money { amount_minor, currency: code } = charge.amount;
    CreatePaymentIntent::new(amount_minor, currency(code))
        .customer(charge.customer.to_string())
        .payment_method(charge.payment_method.to_string())
        .off_session(CreatePaymentIntentOffSession::Bool(true))
        .confirm(true)
        .metadata(metadata(charge.labels.pairs()))
        .build()
}

pub(super) fn cancel_intent(id: &IntentId) -> RequestBuilder {
    CancelPaymentIntent::new(id.as_str()).build()
}

pub(super) fn intent(id: &IntentId) -> RequestBuilder {
    RetrievePaymentIntent::new(id.as_str()).build()
}

pub(super) fn intents(customer: Option<&CustomerId>, from: Timestamp, after: Option<&str>) -> RequestBuilder {
    let list = ListPaymentIntent::new().created(RangeQueryTs::gte(from.timestamp())).limit(PAGE);
    let list = customer.into_iter().fold(list, |list, id| list.customer(id.as_str()));
    after.into_iter().fold(list, ListPaymentIntent::starting_after).build()
}

pub(super) fn refund(request: &RefundRequest) -> RequestBuilder {
    let mut labels = metadata(request.labels.pairs());
    labels.insert("reason".to_owned(), shortened(request.reason.as_str()));
    let refund = CreateRefund::new()
        .payment_intent(request.intent.as_str())
        .reason(CreateRefundReason::RequestedByCustomer)
        .metadata(labels);
    request.amount_minor.into_iter().fold(refund, CreateRefund::amount).build()
}

/// Metadata values are at most 500 characters; and old servers split a form at semicolons, which async-stripe does not
/// escape.
fn shortened(text: &str) -> String {
    const METADATA_CHARS_MAX: usize = 500;
    text.chars().take(METADATA_CHARS_MAX).map(|c| if c == ';' { ',' } else { c }).collect()
}

pub(super) fn refunds(intent: &IntentId, after: Option<&str>) -> RequestBuilder {
    let list = ListRefund::new().payment_intent(intent.as_str()).limit(PAGE);
    after.into_iter().fold(list, ListRefund::starting_after).build()
}

/// By hand: async-stripe's disputes are behind a feature that makes a build longer for this one request.
pub(super) fn disputes(intent: &IntentId, after: Option<&str>) -> RequestBuilder {
    let mut query = HashMap::from([("payment_intent", intent.as_str().to_owned()), ("limit", PAGE.to_string())]);
    if let Some(after) = after {
        query.insert("starting_after", after.to_owned());
    }
    RequestBuilder::new(StripeMethod::Get, "/disputes").query(&query)
}

pub(super) fn price(id: &PriceId) -> RequestBuilder {
    RetrievePrice::new(id.as_str()).build()
}

pub(super) fn saved_cards(customer: &CustomerId) -> RequestBuilder {
    ListPaymentMethodsCustomer::new(customer.as_str()).type_(ListPaymentMethodsCustomerType::Card).limit(PAGE).build()
}

pub(super) fn events(from: Timestamp, to: Timestamp, after: Option<&str>) -> RequestBuilder {
    let mut range = RangeQueryTs::gte(from.timestamp());
    if let RangeQueryTs::Bounds(bounds) = &mut range {
        bounds.lte = Some(to.timestamp());
    }
    let list = ListEvent::new().created(range).limit(PAGE);
    after.into_iter().fold(list, ListEvent::starting_after).build()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_body_is_the_same_whatever_order_its_maps_had() {
        assert_eq!(sorted("b=2&a[1]=x&a[0]=y"), "a[0]=y&a[1]=x&b=2");
    }

    #[test]
    fn a_reason_fits_into_metadata() {
        assert_eq!(shortened("a; b"), "a, b");
        assert_eq!(shortened(&"ü".repeat(900)).chars().count(), 500);
    }
}
