//! async-stripe is the API as Rust types: every object of the simulation decodes with them, so that it cannot drift.
//!
//! Absent: webhook endpoints, whose type is in a crate that we do not need; only their id and secret are read.

use miniserde::Deserialize;
use stripe_fake::TestCard;
use stripe_shared::{
    Charge, CheckoutSession, Customer, Dispute, Event, PaymentIntent, PaymentMethod, Price, Product, Refund,
};
use stripe_types::List;

use crate::setting::{Setting, text};

fn decode<T: Deserialize>(what: &str, text: &str) -> T {
    miniserde::json::from_str(text).unwrap_or_else(|_| panic!("{what} is not as async-stripe has it: {text}"))
}

async fn get<T: Deserialize>(setting: &Setting, path: &str) -> T {
    let (status, text) = text(&setting.fake, "GET", path, "").await;
    assert_eq!(status, 200, "{path}: {text}");
    decode(path, &text)
}

async fn post<T: Deserialize>(setting: &Setting, path: &str, form: &str) -> T {
    let (status, text) = text(&setting.fake, "POST", path, form).await;
    assert_eq!(status, 200, "{path}: {text}");
    decode(path, &text)
}

/// A session that was paid, or tried, with this card; its id.
async fn tried(setting: &Setting, card: TestCard) -> CheckoutSession {
    let form = format!(
        "mode=payment&customer={}&line_items[0][price]={}&line_items[0][quantity]=1&success_url=https://a.test/&\
         cancel_url=https://a.test/&metadata[purchaseId]=p&payment_intent_data[setup_future_usage]=off_session",
        setting.customer, setting.price
    );
    let open: CheckoutSession = post(setting, "/v1/checkout/sessions", &form).await;
    setting.fake.with(|world| world.pay_session(open.id.as_str(), card)).expect("an open session");
    get(setting, &format!("/v1/checkout/sessions/{}", open.id)).await
}

#[tokio::test]
async fn objects_decode_strictly_whatever_happened_to_them() {
    let setting = Setting::start().await;
    for card in TestCard::ALL {
        let session = tried(&setting, card).await;
        let intent = session.payment_intent.expect("somebody tried to pay").id().to_string();
        let intent: PaymentIntent = get(&setting, &format!("/v1/payment_intents/{intent}")).await;
        if let Some(charge) = intent.latest_charge {
            let _: Charge = get(&setting, &format!("/v1/charges/{}", charge.id())).await;
        }
    }
    let customer = setting.customer.as_str();
    let _: Customer = get(&setting, &format!("/v1/customers/{customer}")).await;
    let _: List<Customer> = get(&setting, "/v1/customers").await;
    let _: List<Product> = get(&setting, "/v1/products").await;
    let _: List<Price> = get(&setting, "/v1/prices").await;
    let _: Price = get(&setting, &format!("/v1/prices/{}", setting.price)).await;
    let cards: List<PaymentMethod> =
        get(&setting, &format!("/v1/customers/{customer}/payment_methods?type=card")).await;
    assert!(!cards.data.is_empty());
    let _: List<CheckoutSession> = get(&setting, "/v1/checkout/sessions").await;
    let _: List<PaymentIntent> = get(&setting, "/v1/payment_intents").await;
    let open: CheckoutSession = tried(&setting, TestCard::Declined).await;
    let _: CheckoutSession = post(&setting, &format!("/v1/checkout/sessions/{}/expire", open.id), "").await;
}

#[tokio::test]
async fn refunds_and_disputes_decode_strictly() {
    let setting = Setting::start().await;
    for status in ["succeeded", "pending", "failed", "canceled"] {
        let session = tried(&setting, TestCard::Succeeds).await;
        let intent = session.payment_intent.expect("it was paid").id().to_string();
        let refund: Refund = post(&setting, "/v1/refunds", &format!("payment_intent={intent}&amount=10")).await;
        setting.fake.with(|world| {
            let status = stripe_fake::objects::refund::Status::of_name(status).expect("a status");
            world.settle_refund(refund.id.as_str(), status).expect("a refund");
        });
        let _: Refund = get(&setting, &format!("/v1/refunds/{}", refund.id)).await;
        let _: List<Refund> = get(&setting, &format!("/v1/refunds?payment_intent={intent}")).await;
    }
    for status in ["needs_response", "warning_needs_response", "won", "lost", "prevented"] {
        let session = tried(&setting, TestCard::Succeeds).await;
        let intent = session.payment_intent.expect("it was paid").id().to_string();
        setting.fake.with(|world| {
            let status = stripe_fake::objects::dispute::Status::of_name(status).expect("a status");
            world.dispute(&intent, None, status).expect("a dispute");
        });
        let disputes: List<Dispute> = get(&setting, &format!("/v1/disputes?payment_intent={intent}")).await;
        let _: Dispute = get(&setting, &format!("/v1/disputes/{}", disputes.data[0].id)).await;
    }
    every_event_decodes(&setting).await;
}

/// The object of each event is of the type that its kind says.
async fn every_event_decodes(setting: &Setting) {
    let events: List<Event> = get(setting, "/v1/events?limit=100").await;
    assert!(events.data.len() > 20);
    for event in events.data {
        let (kind, object) = (event.type_.to_string(), miniserde::json::to_string(&event.data.object));
        match kind.split('.').collect::<Vec<_>>().as_slice() {
            ["checkout", "session", _, ..] => drop(decode::<CheckoutSession>(&kind, &object)),
            ["payment_intent", _] => drop(decode::<PaymentIntent>(&kind, &object)),
            ["charge", "dispute", _] => drop(decode::<Dispute>(&kind, &object)),
            ["charge", _] => drop(decode::<Charge>(&kind, &object)),
            ["refund", _] => drop(decode::<Refund>(&kind, &object)),
            ["customer", _] => drop(decode::<Customer>(&kind, &object)),
            ["product", _] => drop(decode::<Product>(&kind, &object)),
            ["price", _] => drop(decode::<Price>(&kind, &object)),
            ["payment_method", _] => drop(decode::<PaymentMethod>(&kind, &object)),
            _ => panic!("an event of kind {kind}"),
        }
    }
}

#[tokio::test]
async fn errors_decode_strictly() {
    let setting = Setting::start().await;
    let card = setting.save_card(TestCard::DeclinedLater).await;
    let charge = format!(
        "amount=500&currency=usd&customer={}&payment_method={card}&confirm=true&off_session=true",
        setting.customer
    );
    for (path, form, wanted) in [
        ("/v1/payment_intents", charge.as_str(), 402),
        ("/v1/payment_intents", "amount=500&currency=usd&surprise=1", 400),
        ("/v1/checkout/sessions/cs_test_none/expire", "", 404),
    ] {
        let (status, text) = text(&setting.fake, "POST", path, form).await;
        assert_eq!(status, wanted, "{text}");
        let error: stripe_shared::Error = decode(path, &text);
        assert_eq!(error.error.payment_intent.is_some(), wanted == 402);
    }
}
