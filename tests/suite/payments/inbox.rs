//! The inbox: what Stripe tells becomes credits once, whatever the order; what is not signed by it is not kept.

use std::time::Duration;

use api::SystemClock;
use serde_json::{Value, json};
use store::Clock;
use stripe_fake::{Delivery, Order, TestCard, signature_header};

use crate::support::http::plain;
use crate::support::stripe::{Shop, WEBHOOK_SECRET};
use crate::support::{self, TestDatabase};

/// Longer than any worker of a test machine needs.
const PATIENCE: Duration = Duration::from_secs(20);

/// Waits until the organization's balance is that.
async fn balance_becomes(shop: &Shop, organization: &str, wanted: i64) {
    let path = format!("/v1/organizations/{organization}/balance?consistency=strong");
    let started = tokio::time::Instant::now();
    loop {
        let balance = shop.client.get(&path).await.expect("an answer").body["balance"].clone();
        if balance == wanted {
            return;
        }
        assert!(started.elapsed() < PATIENCE, "the balance is {balance} and not {wanted}");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

/// Waits until nothing is pending; answers how many events have each status.
async fn at_rest(database: &TestDatabase) -> Vec<(String, i64)> {
    let started = tokio::time::Instant::now();
    loop {
        let sql = "SELECT status, count(*) FROM payments.stripe_events GROUP BY status ORDER BY status";
        let rows: Vec<(String, i64)> = sqlx::query_as(sql).fetch_all(&database.pool).await.expect("rows");
        if rows.iter().all(|(status, _)| status != "pending") {
            return rows;
        }
        assert!(started.elapsed() < PATIENCE, "{rows:?}");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

async fn deliver(shop: &Shop, policy: &Delivery) {
    let url = format!("{}/_control/deliver", shop.fake.url());
    let answer = plain().post(url).json(policy).send().await.expect("an answer");
    assert!(answer.status().is_success(), "{}", answer.text().await.unwrap_or_default());
}

fn intent_of(shop: &Shop, checkout: &Value) -> String {
    let session = checkout["checkout_session_id"].as_str().expect("an id");
    shop.fake.with(|world| world.sessions.get(session).expect("a session").intent.clone()).expect("it was paid")
}

#[tokio::test(flavor = "multi_thread")]
async fn a_payment_is_credited_once_however_often_and_in_whatever_order_it_is_told() {
    let database = support::database().await;
    let shop = Shop::open_by_hand(&database.url).await;
    shop.package("starter", 1_000, 1_000).await;
    let checkout = shop.checkout("acme", "buy-1", "starter").await;
    shop.pay(&checkout, TestCard::Succeeds);
    let told = Delivery { order: Order::Shuffled, duplicates: 2, ..Delivery::default() };
    deliver(&shop, &told).await;
    balance_becomes(&shop, "acme", 1_000).await;
    let rows = at_rest(&database).await;
    assert!(rows.iter().all(|(status, _)| status != "parked"), "{rows:?}");
    balance_becomes(&shop, "acme", 1_000).await;
    let purchase = shop.purchase("acme", &checkout["purchase_id"]).await;
    assert_eq!(purchase["status"], "completed", "{purchase}");
}

#[tokio::test(flavor = "multi_thread")]
async fn refunds_and_disputes_take_credits_back_and_a_dispute_that_is_won_gives_them_again() {
    let database = support::database().await;
    let shop = Shop::open(&database.url).await;
    shop.package("starter", 1_000, 1_000).await;
    let checkout = shop.checkout("acme", "buy-1", "starter").await;
    shop.pay(&checkout, TestCard::Succeeds);
    balance_becomes(&shop, "acme", 1_000).await;
    let intent = intent_of(&shop, &checkout);
    shop.stripe("/v1/refunds", &format!("payment_intent={intent}&amount=250")).await;
    balance_becomes(&shop, "acme", 750).await;
    let spend = json!({"amount": 700});
    shop.client.post("/v1/organizations/acme/consumptions", "spend", &spend).await.expect("an answer");
    let dispute = control(&shop, "POST", "/_control/disputes", &json!({"payment_intent": intent, "amount": 750})).await;
    balance_becomes(&shop, "acme", -700).await;
    let id = dispute["id"].as_str().unwrap_or_else(|| panic!("{dispute}"));
    control(&shop, "POST", &format!("/_control/disputes/{id}"), &json!({"status": "won"})).await;
    balance_becomes(&shop, "acme", 50).await;
    let rows = at_rest(&database).await;
    assert!(rows.iter().all(|(status, _)| status != "parked"), "{rows:?}");
}

async fn control(shop: &Shop, method: &str, path: &str, body: &Value) -> Value {
    let url = format!("{}{path}", shop.fake.url());
    let method = http::Method::from_bytes(method.as_bytes()).expect("a method");
    let answer = plain().request(method, url).json(body).send().await.expect("an answer");
    serde_json::from_str(&answer.text().await.expect("a text")).expect("JSON")
}

#[tokio::test(flavor = "multi_thread")]
async fn a_page_that_closes_unpaid_ends_its_purchase() {
    let database = support::database().await;
    let shop = Shop::open(&database.url).await;
    shop.package("starter", 1_000, 1_000).await;
    let checkout = shop.checkout("acme", "buy-1", "starter").await;
    let session = checkout["checkout_session_id"].as_str().unwrap();
    control(&shop, "POST", &format!("/_control/sessions/{session}/expire"), &json!({})).await;
    let started = tokio::time::Instant::now();
    while shop.purchase("acme", &checkout["purchase_id"]).await["status"] != "expired" {
        assert!(started.elapsed() < PATIENCE);
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_not_signed_by_stripe_is_refused_and_not_kept() {
    let database = support::database().await;
    let shop = Shop::open_by_hand(&database.url).await;
    let object = json!({"object": "payment_intent", "id": "pi_1"});
    let event = json!({"id": "evt_1", "object": "event", "type": "payment_intent.succeeded", "livemode": false,
                       "created": now(), "data": {"object": object}});
    let body = event.to_string();
    let sign = |secret: &str, at: i64, body: &str| signature_header(&[secret.to_owned()], at, body.as_bytes());
    let spaced = serde_json::to_string_pretty(&event).unwrap();
    for (what, header, body) in [
        ("none", None, body.clone()),
        ("another secret", Some(sign("whsec_other", now(), &body)), body.clone()),
        ("an empty secret", Some(sign("", now(), &body)), body.clone()),
        ("an old one", Some(sign(WEBHOOK_SECRET, now() - 400, &body)), body.clone()),
        ("one of another writing of it", Some(sign(WEBHOOK_SECRET, now(), &body)), spaced),
    ] {
        let (status, answer) = send(&shop, header, body).await;
        assert_eq!((status, &answer["code"]), (400, &json!("invalid_signature")), "{what}: {answer}");
    }
    let large = "x".repeat(2 * 1024 * 1024);
    let (status, answer) = send(&shop, Some(sign(WEBHOOK_SECRET, now(), &large)), large).await;
    assert_eq!((status, &answer["code"]), (413, &json!("body_too_large")));
    assert_eq!(kept(&database).await, 0);

    let (status, _) = send(&shop, Some(sign(WEBHOOK_SECRET, now(), &body)), body.clone()).await;
    assert_eq!(status, 200);
    let (status, _) = send(&shop, Some(sign(WEBHOOK_SECRET, now(), &body)), body.clone()).await;
    assert_eq!((status, kept(&database).await), (200, 1), "known already");
    let stored: String =
        sqlx::query_scalar("SELECT payload FROM payments.stripe_events").fetch_one(&database.pool).await.unwrap();
    assert_eq!(stored, body, "byte by byte");
}

#[tokio::test(flavor = "multi_thread")]
async fn events_of_real_money_are_kept_and_ignored_by_a_ledger_of_test_money() {
    let database = support::database().await;
    let shop = Shop::open_by_hand(&database.url).await;
    let event = json!({"id": "evt_live", "type": "payment_intent.succeeded", "livemode": true, "created": now(),
                       "data": {"object": {"object": "payment_intent", "id": "pi_1"}}});
    let body = event.to_string();
    let header = signature_header(&[WEBHOOK_SECRET.to_owned()], now(), body.as_bytes());
    assert_eq!(send(&shop, Some(header), body).await.0, 200);
    assert_eq!(at_rest(&database).await, [("ignored".to_owned(), 1)]);
}

/// As Stripe's clock shows it.
pub fn now() -> i64 {
    SystemClock::new().now().timestamp()
}

async fn kept(database: &TestDatabase) -> i64 {
    let count = sqlx::query_scalar("SELECT count(*) FROM payments.stripe_events");
    count.fetch_one(&database.pool).await.expect("a count")
}

async fn send(shop: &Shop, signature: Option<String>, body: String) -> (u16, Value) {
    let request = plain().post(format!("{}/v1/webhooks/stripe", shop.node.url())).body(body);
    let request = request.header("content-type", "application/json; charset=utf-8");
    let request = match signature {
        Some(signature) => request.header("stripe-signature", signature),
        None => request,
    };
    let answer = request.send().await.expect("an answer");
    let status = answer.status().as_u16();
    let text = answer.text().await.expect("a text");
    (status, serde_json::from_str(&text).unwrap_or(Value::Null))
}
