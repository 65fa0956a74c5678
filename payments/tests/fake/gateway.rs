//! What the gateway asks, and how it understands the answers.

use domain::Timestamp;
use domain::text::Note;
use payments::gateway::{
    ChargeOutcome, DisputeStatus, GatewayError, IntentId, IntentStatus, PaymentGateway, PaymentMethodId, PriceId,
    RefundRequest, RefundStatus, RequestKey, SessionPayment, SessionStatus,
};
use payments::stripe::{ObjectSeen, read_event};
use stripe_fake::TestCard;
use uuid::Uuid;

use crate::setting::{PRICE_MINOR, Setting};

fn key(n: u128) -> RequestKey {
    RequestKey::of("test", Uuid::from_u128(n))
}

fn long_ago() -> Timestamp {
    Timestamp::default()
}

#[tokio::test]
async fn a_checkout_is_paid_refunded_and_disputed() {
    let setting = Setting::start().await;
    let gateway = &setting.gateway;
    let checkout = gateway.create_checkout(&key(1), &setting.checkout(1)).await.unwrap();
    let open = gateway.session(&checkout.id).await.unwrap();
    assert_eq!(
        (open.status, open.payment, open.url),
        (SessionStatus::Open, SessionPayment::Unpaid, Some(checkout.url))
    );
    let next = setting.fake.with(|world| world.pay_session(checkout.id.as_str(), TestCard::Succeeds)).unwrap();
    let back = format!("https://app.test/paid?session={}&x=a b", checkout.id);
    assert_eq!(next, stripe_fake::Next::Return(back));
    let paid = gateway.session(&checkout.id).await.unwrap();
    assert_eq!((&paid.status, &paid.payment), (&SessionStatus::Complete, &SessionPayment::Paid));
    assert_eq!(paid.labels(), Some(setting.labels(1)));
    assert_eq!(paid.amount.map(|amount| amount.amount_minor), Some(2 * PRICE_MINOR));
    let intent = gateway.intent(&paid.intent.unwrap()).await.unwrap();
    assert_eq!((&intent.status, intent.received_minor), (&IntentStatus::Succeeded, 2 * PRICE_MINOR));
    assert_eq!(intent.labels(), Some(setting.labels(1)));
    let cards = gateway.saved_cards(&setting.customer).await.unwrap();
    assert_eq!(intent.payment_method, cards.first().map(|card| card.id.clone()));
    assert_eq!((cards[0].brand.as_str(), cards[0].last4.as_str()), ("visa", "4242"));

    let request = RefundRequest {
        intent: intent.id.clone(),
        amount_minor: Some(300),
        reason: Note::try_new("changed; their mind").unwrap(),
        labels: setting.labels(1),
    };
    let refund = gateway.refund(&key(2), &request).await.unwrap();
    assert_eq!((refund.amount.amount_minor, &refund.status), (300, &RefundStatus::Succeeded));
    assert_eq!(gateway.refunds_of(&intent.id).await.unwrap(), [refund]);
    setting.fake.with(|world| {
        let inquiry = stripe_fake::objects::dispute::Status::WarningNeedsResponse;
        world.dispute(intent.id.as_str(), None, inquiry).unwrap();
    });
    let disputes = gateway.disputes_of(&intent.id).await.unwrap();
    assert_eq!((disputes.len(), &disputes[0].status), (1, &DisputeStatus::WarningNeedsResponse));
}

#[tokio::test]
async fn each_card_has_its_outcome() {
    let setting = Setting::start().await;
    for (n, card, wanted) in [
        (1, TestCard::Succeeds, "succeeded"),
        (2, TestCard::DeclinedLater, "generic_decline"),
        (3, TestCard::AuthenticationRequired, "needs the customer"),
        (4, TestCard::BankDebit, "processing"),
    ] {
        let saved = setting.save_card(card).await;
        let outcome = setting.gateway.charge_off_session(&key(n), &setting.charge(n, saved)).await.unwrap();
        let (intent, seen) = match outcome {
            ChargeOutcome::Succeeded { intent, charge } => {
                assert!(charge.is_some());
                (intent, "succeeded".to_owned())
            }
            ChargeOutcome::Processing { intent } => (intent, "processing".to_owned()),
            ChargeOutcome::NeedsCustomer { intent, .. } => (intent, "needs the customer".to_owned()),
            ChargeOutcome::Declined { intent, failure } => (intent, failure.decline_code.unwrap()),
        };
        assert_eq!(seen, wanted);
        assert_eq!(setting.charged(n), if n == 1 { (1, PRICE_MINOR) } else { (0, 0) });
        let found = setting.gateway.find_intent(&setting.customer, long_ago(), setting.labels(n).attempt_id.unwrap());
        assert_eq!(found.await.unwrap().map(|found| found.id), Some(intent));
    }
}

#[tokio::test]
async fn what_has_ended_is_ended_again_as_it_is() {
    let setting = Setting::start().await;
    let gateway = &setting.gateway;
    let checkout = gateway.create_checkout(&key(1), &setting.checkout(1)).await.unwrap();
    for n in [2, 3] {
        let expired = gateway.expire_checkout(&key(n), &checkout.id).await.unwrap();
        assert_eq!(expired.status, SessionStatus::Expired);
    }
    let card = setting.save_card(TestCard::Succeeds).await;
    let paid = gateway.charge_off_session(&key(4), &setting.charge(4, card)).await.unwrap();
    let ChargeOutcome::Succeeded { intent, .. } = paid else { panic!("{paid:?}") };
    assert_eq!(gateway.cancel_intent(&key(5), &intent).await.unwrap().status, IntentStatus::Succeeded);
    let card = setting.save_card(TestCard::AuthenticationRequired).await;
    let waits = gateway.charge_off_session(&key(6), &setting.charge(6, card)).await.unwrap();
    let ChargeOutcome::NeedsCustomer { intent, .. } = waits else { panic!("{waits:?}") };
    for n in [7, 8] {
        assert_eq!(gateway.cancel_intent(&key(n), &intent).await.unwrap().status, IntentStatus::Canceled);
    }
}

#[tokio::test]
async fn mistakes_are_refused_with_their_parameter() {
    let setting = Setting::start().await;
    let mut request = setting.checkout(1);
    request.price = PriceId::new("price_none");
    let refused = setting.gateway.create_checkout(&key(1), &request).await.unwrap_err();
    let GatewayError::Refused { status, code, request_id, .. } = &refused else { panic!("{refused:?}") };
    assert_eq!((*status, code.as_deref(), request_id.is_some()), (400, Some("resource_missing"), true));
    assert!(!refused.retryable());
    // The same key with another request is a mistake, too, and has no effect.
    setting.gateway.create_checkout(&key(2), &setting.checkout(2)).await.unwrap();
    let other = setting.gateway.create_checkout(&key(2), &setting.checkout(3)).await;
    assert!(matches!(other, Err(GatewayError::Refused { status: 400, .. })), "{other:?}");
    assert_eq!(setting.fake.with(|world| world.sessions.len()), 1);
    let none = setting.gateway.intent(&IntentId::new("pi_none")).await;
    assert!(matches!(none, Err(GatewayError::Refused { status: 404, .. })), "{none:?}");
}

#[tokio::test]
async fn lists_are_read_page_by_page_and_events_as_webhooks_are() {
    let setting = Setting::start().await;
    let card = setting.save_card(TestCard::Succeeds).await;
    for n in 0..40 {
        setting.gateway.charge_off_session(&key(n), &setting.charge(n, card.clone())).await.unwrap();
    }
    let now = setting.fake.with(|world| world.now());
    let now = chrono::DateTime::from_timestamp(now, 0).unwrap();
    let (mut after, mut seen) = (None, Vec::new());
    loop {
        let page = setting.gateway.events(long_ago(), now, after.as_deref()).await.unwrap();
        seen.extend(page.items);
        match page.next {
            Some(next) => after = Some(next),
            None => break,
        }
    }
    assert_eq!(seen.len(), setting.fake.with(|world| world.events.len()));
    let succeeded = seen.iter().filter(|event| event.kind == "payment_intent.succeeded");
    let read = succeeded.map(|event| read_event(&event.payload).unwrap()).collect::<Vec<_>>();
    assert!(read.len() == 40 && read.iter().all(|event| matches!(event.object, ObjectSeen::Intent(_))));
    let intents = setting.gateway.intents(long_ago(), None).await.unwrap();
    assert_eq!((intents.items.len(), intents.next), (40, None));
    let unknown = PaymentMethodId::new("pm_none");
    let refused = setting.gateway.charge_off_session(&key(99), &setting.charge(99, unknown)).await;
    assert!(matches!(refused, Err(GatewayError::Refused { status: 400, .. })), "{refused:?}");
}
