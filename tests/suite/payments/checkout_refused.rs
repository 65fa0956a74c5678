//! What a checkout is refused for, and what comes of it.

use serde_json::{Value, json};

use crate::support;
use crate::support::node::Node;
use crate::support::stripe::{ORIGIN, Shop, checkout};

const PATH: &str = "/v1/organizations/acme/checkout-sessions";

#[tokio::test(flavor = "multi_thread")]
async fn mistakes_are_named_and_nothing_is_asked_of_stripe() {
    let database = support::database().await;
    let shop = Shop::open(&database.url).await;
    shop.package("starter", 1_000, 1_000).await;
    let unpriced = json!({"id": "unpriced", "credits": 5, "price_cents": 100});
    shop.client.send(shop.client.request("POST", "/v1/packages").json(&unpriced)).await.unwrap();
    let with = |name: &str, value: Value| {
        let mut body = checkout("starter");
        body[name] = value;
        body
    };
    let before = shop.fake.with(|world| world.seen.len());
    for (body, status, code) in [
        (checkout("unpriced"), 422, "package_without_price"),
        (checkout("nothing"), 422, "no_such_package"),
        (with("quantity", json!(0)), 422, "amount_zero"),
        (with("quantity", json!(1_001)), 422, "invalid_value"),
        (with("quantity", json!("2")), 422, "amount_not_a_number"),
        (with("success_url", json!("https://evil.test/")), 422, "origin_not_allowed"),
        (with("cancel_url", json!(format!("{ORIGIN}.evil.test/"))), 422, "origin_not_allowed"),
        (with("cancel_url", json!("javascript:alert(1)")), 422, "invalid_url"),
        (json!({"package_id": "starter"}), 422, "missing_field"),
        (with("surprise", json!(1)), 422, "unknown_field"),
    ] {
        let answer = shop.client.post(PATH, "buy", &body).await.unwrap();
        assert_eq!((answer.status, answer.body["code"].as_str()), (status, Some(code)), "{body}: {}", answer.body);
    }
    let unpriced = shop.client.post(PATH, "buy", &checkout("unpriced")).await.unwrap();
    assert!(unpriced.body["detail"].as_str().unwrap().contains("credit-ledger stripe setup"));
    assert_eq!(shop.fake.with(|world| world.seen.len()), before);
    assert_eq!(shop.client.get("/v1/organizations/acme/balance?consistency=strong").await.unwrap().status, 404);

    shop.checkout("acme", "buy", "starter").await;
    let reused = shop.client.post(PATH, "buy", &with("quantity", json!(2))).await.unwrap();
    assert_eq!((reused.status, reused.body["code"].as_str()), (422, Some("idempotency_key_reused")));
    let keyless = shop.client.send(shop.client.request("POST", PATH).json(&checkout("starter"))).await.unwrap();
    assert_eq!((keyless.status, keyless.body["code"].as_str()), (400, Some("idempotency_key_required")));
}

#[tokio::test(flavor = "multi_thread")]
async fn without_an_account_payments_are_off_and_half_an_account_does_not_start() {
    let database = support::database().await;
    let node = Node::start(&database.url).await;
    let off = node.client().post(PATH, "buy", &checkout("starter")).await.unwrap();
    assert_eq!((off.status, off.body["code"].as_str()), (501, Some("payments_off")));
    for (environment, named) in [
        (vec![("STRIPE_SECRET_KEY", "sk_test_1")], "STRIPE_WEBHOOK_SECRETS"),
        (vec![("STRIPE_SECRET_KEY", "sk_test_1"), ("STRIPE_WEBHOOK_SECRETS", "a,,b")], "STRIPE_WEBHOOK_SECRETS"),
        (vec![("STRIPE_SECRET_KEY", "pk_test_1"), ("STRIPE_WEBHOOK_SECRETS", "a")], "STRIPE_SECRET_KEY"),
        (
            vec![
                ("STRIPE_SECRET_KEY", "sk_live_1"),
                ("STRIPE_WEBHOOK_SECRETS", "a"),
                ("STRIPE_API_BASE", "http://127.0.0.1:1"),
            ],
            "STRIPE_API_BASE",
        ),
        (vec![("CREDIT_LEDGER_ALLOWED_ORIGINS", "*")], "CREDIT_LEDGER_ALLOWED_ORIGINS"),
    ] {
        let mut command = support::node::binary();
        command.arg("serve").env("DATABASE_URL", &database.url).envs(environment);
        let output = tokio::task::spawn_blocking(move || command.output().unwrap()).await.unwrap();
        let told = String::from_utf8_lossy(&output.stderr).into_owned();
        assert!(output.status.code() == Some(2) && told.contains(named), "{named}: {told}");
        assert!(!told.contains("sk_live_1"), "no secret is shown");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_page_that_would_ask_for_another_amount_is_closed_and_the_purchase_fails() {
    let database = support::database().await;
    let shop = Shop::open_by_hand(&database.url).await;
    let body = json!({
        "id": "starter", "credits": 1_000, "price_cents": 1_500, "stripe_price_id": shop.price("starter", 1_000).await
    });
    shop.client.send(shop.client.request("POST", "/v1/packages").json(&body)).await.unwrap();
    let refused = shop.ask("acme", "buy", "starter").await;
    assert_eq!((refused.status, refused.body["code"].as_str()), (502, Some("payment_processor_refused")));
    assert_eq!(shop.ask("acme", "buy", "starter").await.body, refused.body);
    shop.fake.with(|world| {
        let statuses: Vec<_> = world.sessions.iter().map(|session| session.status).collect();
        assert_eq!(statuses, [stripe_fake::objects::session::Status::Expired]);
    });
    let command = shop.client.get("/v1/organizations/acme/commands/buy").await.unwrap();
    assert_eq!(shop.purchase("acme", &command.body["entity_id"]).await["status"], "failed");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_price_that_stripe_does_not_know_fails_the_purchase() {
    let database = support::database().await;
    let shop = Shop::open_by_hand(&database.url).await;
    let body = json!({"id": "odd", "credits": 5, "price_cents": 100, "stripe_price_id": "price_of_nowhere"});
    shop.client.send(shop.client.request("POST", "/v1/packages").json(&body)).await.unwrap();
    let refused = shop.ask("acme", "buy", "odd").await;
    assert_eq!((refused.status, refused.body["code"].as_str()), (502, Some("payment_processor_refused")));
    let command = shop.client.get("/v1/organizations/acme/commands/buy").await.unwrap();
    assert_eq!(shop.purchase("acme", &command.body["entity_id"]).await["status"], "failed");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_customer_that_is_gone_at_stripe_is_made_again() {
    let database = support::database().await;
    let mut shop = Shop::open_by_hand(&database.url).await;
    shop.package("starter", 1_000, 1_000).await;
    shop.checkout("acme", "buy-1", "starter").await;
    // Another account has none of the customers, and other prices.
    let other = Shop::open_by_hand(&database.url).await;
    shop.fake = other.fake;
    shop.node = other.node;
    shop.client = other.client;
    let price = shop.price("starter", 1_000).await;
    let moved = json!({"stripe_price_id": price});
    shop.client.send(shop.client.request("PATCH", "/v1/packages/starter").json(&moved)).await.unwrap();
    for key in ["buy-2", "buy-2", "buy-3"] {
        shop.checkout("acme", key, "starter").await;
    }
    assert_eq!(shop.fake.with(|world| (world.customers.len(), world.sessions.len())), (1, 2));
}
