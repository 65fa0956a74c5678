//! The whole way of a customer: a checkout saves the card, recharges charge it, webhooks tell, and what needs the customer
//! is paid on a page.

use std::time::{Duration, Instant};

use serde_json::{Value, json};
use stripe_fake::{Delivery, TestCard};

use crate::support;
use crate::support::stripe::{ORIGIN, Shop};

const PATH: &str = "/v1/organizations/acme/auto-recharge";
const PATIENCE: Duration = Duration::from_secs(60);

async fn open(database_url: &str) -> Shop {
    let billing = format!("{ORIGIN}/billing");
    Shop::open_with(database_url, Delivery::default(), &[("CREDIT_LEDGER_BILLING_URL", &billing)]).await
}

async fn until(shop: &Shop, what: &str, so: impl Fn(&Value) -> bool) -> Value {
    let started = Instant::now();
    loop {
        let state = shop.client.get(PATH).await.expect("an answer").body;
        if so(&state) {
            return state;
        }
        assert!(started.elapsed() < PATIENCE, "never {what}: {state}");
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
}

/// The customer buys a package, which saves the card; recharging is switched on.
async fn bought_with(shop: &Shop, card: TestCard) {
    shop.package("starter", 500, 1_000).await;
    let checkout = shop.checkout("acme", "buy", "starter").await;
    shop.pay(&checkout, card);
    let intent =
        shop.fake.with(|world| world.intents.iter().next().map(|intent| intent.id.clone())).expect("a payment");
    if card == TestCard::AuthenticationRequired {
        shop.fake.with(|world| world.settle(&intent, true)).expect("it waits for its customer");
    }
    let policy = json!({"threshold": 100, "package_id": "starter", "cooldown_seconds": 0});
    let put = shop.client.request("PUT", PATH).header("Idempotency-Key", "policy").json(&policy);
    assert_eq!(shop.client.send(put).await.expect("an answer").status, 200);
    // Either may come first, the money or the policy.
    until(shop, "paid", |state| state["decision"]["reason"] != "in_flight").await;
    let started = Instant::now();
    while balance(shop).await < 500 {
        assert!(started.elapsed() < PATIENCE, "the checkout was never credited");
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
}

async fn balance(shop: &Shop) -> i64 {
    let answer = shop.client.get("/v1/organizations/acme/balance?consistency=strong").await.expect("an answer");
    answer.body["balance"].as_i64().unwrap_or_default()
}

async fn spend(shop: &Shop, key: &str) {
    let body = json!({"amount": balance(shop).await});
    let path = "/v1/organizations/acme/consumptions";
    assert_eq!(shop.client.post(path, key, &body).await.expect("an answer").status, 201);
}

fn charged(shop: &Shop) -> usize {
    shop.fake.with(|world| world.charged("organizationId", "acme").0)
}

async fn events(shop: &Shop, kind: &str) -> Vec<Value> {
    let page = shop.client.get("/v1/organizations/acme/events?limit=500").await.expect("an answer").body;
    let events = page["data"].as_array().expect("a list").clone();
    events.into_iter().filter(|event| event["type"].as_str().is_some_and(|name| name.ends_with(kind))).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_card_that_a_checkout_saved_is_recharged_and_a_refund_stops_it() {
    let database = support::database().await;
    let shop = open(&database.url).await;
    bought_with(&shop, TestCard::Succeeds).await;
    let before = charged(&shop);
    spend(&shop, "c1").await;
    until(&shop, "recharged", |state| state["pending"].is_null() && !state["last_ended"].is_null()).await;
    assert_eq!((charged(&shop), balance(&shop).await), (before + 1, 500));

    // Refunded at Stripe: the credits go back, and do not ask for the next charge.
    let intent =
        shop.fake.with(|world| world.intents.iter().last().map(|intent| intent.id.clone())).expect("a payment");
    shop.stripe("/v1/refunds", &format!("payment_intent={intent}")).await;
    let state = until(&shop, "suspended", |state| !state["suspension"].is_null()).await;
    assert_eq!(state["suspension"]["cause"], "refund", "{state}");
    assert_eq!((charged(&shop), balance(&shop).await), (before + 1, 0));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_customer_whom_the_bank_wants_to_see_pays_on_a_page_and_recharging_goes_on() {
    let database = support::database().await;
    let shop = open(&database.url).await;
    bought_with(&shop, TestCard::AuthenticationRequired).await;
    spend(&shop, "c1").await;
    let state = until(&shop, "suspended", |state| !state["suspension"].is_null()).await;
    assert_eq!(state["suspension"]["cause"], "action_required", "{state}");
    let failed = events(&shop, "RechargeFailed").await;
    let link = failed[0]["data"]["link"].as_str().unwrap_or_else(|| panic!("no link in {failed:?}"));
    assert!(link.starts_with(&shop.fake.url()), "{link}");

    // The card is saved in a later second than recharging was suspended in.
    let session = shop.fake.with(|world| {
        world.clock.offset_seconds += 5;
        let session = world.sessions.iter().last().expect("a page").id.clone();
        world.pay_session(&session, TestCard::Succeeds).expect("the page is open");
        session
    });
    assert!(link.contains(&session), "{link}");
    until(&shop, "resumed", |state| state["suspension"].is_null()).await;
    let started = Instant::now();
    while balance(&shop).await < 500 {
        assert!(started.elapsed() < PATIENCE, "the page was never credited");
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    assert_eq!(events(&shop, "RechargeResumed").await[0]["data"]["cause"], "new_card");
}
