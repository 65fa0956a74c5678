//! Refunds that are asked for here: money goes back once, and its credits with it.

use serde_json::{Value, json};
use stripe_fake::objects::dispute::Status;
use stripe_fake::{Kind, TestCard};

use super::told::{balance, deliver, until_balance, until_worked};
use crate::support;
use crate::support::http::Answer;
use crate::support::stripe::Shop;

/// A purchase that was paid and credited.
async fn bought(shop: &Shop, organization: &str, card: TestCard) -> String {
    let checkout = shop.checkout(organization, "buy", "starter").await;
    shop.pay(&checkout, card);
    deliver(shop).await;
    until_balance(shop, organization, 1_000).await;
    checkout["purchase_id"].as_str().unwrap().to_owned()
}

async fn refund(shop: &Shop, organization: &str, purchase: &str, key: &str, body: &Value) -> Answer {
    let path = format!("/v1/organizations/{organization}/purchases/{purchase}/refund");
    shop.client.post(&path, key, body).await.unwrap()
}

fn refunds(shop: &Shop) -> (usize, i64) {
    shop.fake.with(|world| (world.refunds.len(), world.refunds.iter().map(|refund| refund.amount).sum()))
}

#[tokio::test(flavor = "multi_thread")]
async fn a_refund_pays_back_once_for_each_key_and_takes_its_credits() {
    let database = support::database().await;
    let shop = Shop::open_by_hand(&database.url).await;
    shop.package("starter", 1_000, 1_000).await;
    let purchase = bought(&shop, "acme", TestCard::Succeeds).await;
    let part = json!({"amount_minor": 333, "reason": "a third"});
    let first = refund(&shop, "acme", &purchase, "r1", &part).await;
    assert_eq!(first.status, 200, "{}", first.body);
    assert_eq!((&first.body["amount"], &first.body["price_minor"]), (&json!(333), &json!(333)));
    assert_eq!(refunds(&shop), (1, 333));
    let again = refund(&shop, "acme", &purchase, "r1", &part).await;
    assert_eq!((again.status, &again.body), (200, &first.body));
    assert_eq!(again.headers["idempotency-replayed"], "true");
    const ACTOR: &str = "SELECT metadata->>'actor' FROM store.events WHERE event_type = 'PurchaseRevoked'";
    let actor: String = sqlx::query_scalar(ACTOR).fetch_one(&database.pool).await.unwrap();
    assert!(!actor.starts_with("system:"), "{actor} asked for it");
    // What Stripe tells of it changes nothing.
    deliver(&shop).await;
    assert_eq!(balance(&shop, "acme").await, 667);

    let other = json!({"amount_minor": 334, "reason": "a third"});
    let reused = refund(&shop, "acme", &purchase, "r1", &other).await;
    assert_eq!((reused.status, &reused.body["code"]), (422, &json!("idempotency_key_reused")));
    let more = refund(&shop, "acme", &purchase, "r2", &json!({"amount_minor": 668, "reason": "x"})).await;
    assert_eq!((more.status, &more.body["code"]), (422, &json!("refund_exceeds_purchase")));
    let rest = refund(&shop, "acme", &purchase, "r3", &json!({"reason": "the rest"})).await;
    assert_eq!((rest.status, &rest.body["price_minor"]), (200, &json!(667)), "{}", rest.body);
    let over = refund(&shop, "acme", &purchase, "r4", &json!({"reason": "again"})).await;
    assert_eq!((over.status, &over.body["code"]), (409, &json!("purchase_already_revoked")));
    assert_eq!((refunds(&shop), balance(&shop, "acme").await), ((2, 1_000), 0));

    let elsewhere = refund(&shop, "globex", &purchase, "r1", &part).await;
    assert_eq!((elsewhere.status, &elsewhere.body["code"]), (404, &json!("purchase_not_found")), "of another customer");
}

#[tokio::test(flavor = "multi_thread")]
async fn whatever_stripe_answers_a_key_refunds_once() {
    let database = support::database().await;
    let mut shop = Shop::open_by_hand(&database.url).await;
    shop.package("starter", 1_000, 1_000).await;
    let body = json!({"amount_minor": 400, "reason": "sorry"});
    for (n, kind) in [
        Kind::ErrorBefore { status: 503 },
        Kind::ResetBefore,
        Kind::ResetAfter,
        Kind::HtmlAfter { status: 200 },
        Kind::GarbageAfter,
    ]
    .into_iter()
    .enumerate()
    {
        let organization = format!("org-{n}");
        let purchase = bought(&shop, &organization, TestCard::Succeeds).await;
        // The gateway tries three times by itself.
        shop.fail_posts("/v1/refunds", 3, kind);
        let lost = refund(&shop, &organization, &purchase, "r", &body).await;
        assert_eq!((lost.status, &lost.body["code"]), (503, &json!("payment_processor_unavailable")), "{kind:?}");
        if n % 2 == 0 {
            shop.restart(&[]).await;
        }
        let found = refund(&shop, &organization, &purchase, "r", &body).await;
        assert_eq!(found.status, 200, "{kind:?}: {}", found.body);
        assert_eq!((refunds(&shop).0, balance(&shop, &organization).await), (n + 1, 600), "{kind:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_spent_is_owed_and_what_stripe_refuses_takes_nothing() {
    let database = support::database().await;
    let shop = Shop::open_by_hand(&database.url).await;
    shop.package("starter", 1_000, 1_000).await;
    let purchase = bought(&shop, "acme", TestCard::Succeeds).await;
    let spend = json!({"amount": 900});
    assert_eq!(shop.client.post("/v1/organizations/acme/consumptions", "c", &spend).await.unwrap().status, 201);
    let all = refund(&shop, "acme", &purchase, "r", &json!({"reason": "all"})).await;
    assert_eq!((all.status, &all.body["debt"]), (200, &json!(900)), "{}", all.body);
    assert_eq!(balance(&shop, "acme").await, -900);

    // Stripe refuses what we have not heard of: somebody refunded it in the dashboard a moment ago.
    let purchase = bought(&shop, "globex", TestCard::Succeeds).await;
    let intent = shop.fake.with(|world| world.intents.iter().next_back().unwrap().id.clone());
    shop.stripe("/v1/refunds", &format!("payment_intent={intent}")).await;
    for _ in 0..2 {
        let refused = refund(&shop, "globex", &purchase, "r", &json!({"reason": "all"})).await;
        assert_eq!((refused.status, &refused.body["code"]), (409, &json!("refund_refused")), "{}", refused.body);
    }
    assert_eq!(refunds(&shop).0, 2);

    // A batch would take the credits and keep the money.
    let item = json!({"type": "revoke_purchase", "organization_id": "globex", "idempotency_key": "b",
                      "purchase_id": purchase, "reason": "x"});
    let batch = shop.client.post("/v1/commands", "-", &json!({"commands": [item]})).await.unwrap();
    assert_eq!(batch.body["results"][0]["problem"]["code"], "paid_at_the_processor", "{}", batch.body);

    // Nothing was paid on this one, and this one is no purchase.
    let open = shop.checkout("initech", "buy", "starter").await;
    let early = refund(&shop, "initech", open["purchase_id"].as_str().unwrap(), "r", &json!({"reason": "x"})).await;
    assert_eq!((early.status, &early.body["code"]), (409, &json!("purchase_not_paid")));
    assert_eq!(refund(&shop, "initech", "nonsense", "r", &json!({"reason": "x"})).await.status, 422);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_paid_elsewhere_loses_its_credits_and_stripe_is_not_asked() {
    let database = support::database().await;
    let shop = Shop::open_by_hand(&database.url).await;
    let price = json!({"amount_minor": 500, "currency": "USD"});
    let metadata = json!({"payment_intent": "pi_of_somebody_else"});
    let body = json!({"credits": 500, "price": price, "payment_reference": "wire-1", "metadata": metadata});
    let paid = shop.client.post("/v1/organizations/acme/purchases", "p", &body).await.unwrap();
    let purchase = paid.body["id"].as_str().unwrap();
    let back = refund(&shop, "acme", purchase, "r", &json!({"amount_minor": 100, "reason": "a fifth"})).await;
    assert_eq!((back.status, &back.body["amount"]), (200, &json!(100)), "{}", back.body);
    shop.fake.with(|world| assert!(world.seen.is_empty(), "{:?}", world.seen));
}

#[tokio::test(flavor = "multi_thread")]
async fn credits_whose_money_went_back_are_never_forgotten_because_a_person_has_to_look() {
    let database = support::database().await;
    let shop = Shop::open_by_hand(&database.url).await;
    shop.package("starter", 1_000, 1_000).await;
    bought(&shop, "acme", TestCard::Succeeds).await;
    until_worked(&database.pool).await;
    // All of it is refunded, and a bank takes part of it in another currency, which nobody can book.
    let intent = shop.fake.with(|world| world.intents.iter().last().expect("it was paid").id.clone());
    let refund = shop.stripe("/v1/refunds", &format!("payment_intent={intent}")).await;
    assert_eq!(refund["status"], "succeeded", "{refund}");
    shop.fake.with(|world| {
        world.dispute(&intent, Some(100), Status::NeedsResponse).expect("it was paid");
        let id = world.disputes.iter().last().expect("it was opened").id.clone();
        world.disputes.get_mut(&id).expect("it was opened").currency = "eur".to_owned();
    });
    deliver(&shop).await;
    until_worked(&database.pool).await;
    let parked = "SELECT count(*) FROM payments.stripe_events WHERE status = 'parked'";
    let parked: i64 = sqlx::query_scalar(parked).fetch_one(&database.pool).await.unwrap();
    assert!(parked > 0 || balance(&shop, "acme").await == 0, "the credits are there, and nobody is told");
}
