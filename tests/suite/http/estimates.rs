//! Estimates: what a consumption will cost, and nothing else.

use serde_json::{Value, json};

use crate::support;
use crate::support::http::{Answer, Client};
use crate::support::node::Node;

fn book() -> Value {
    json!({"warning_percent": 40, "prices": [
        {"operation": "gpt-4", "components": [{"unit": "request", "per_unit": 10}]},
        {"operation": "chat", "components": [
            {"unit": "input_tokens", "per_unit": "0.5"},
            {"unit": "output_tokens", "graduated": [{"up_to": 100, "rate": 2}, {"rate": 1}]},
        ], "uncharged": ["images"]},
    ]})
}

async fn publish(client: &Client, book: &Value) {
    let answer = client.send(client.request("PUT", "/v1/price-book").json(book)).await.expect("the server answers");
    assert_eq!(answer.status, 200, "{}", answer.body);
}

async fn estimate(client: &Client, body: &Value) -> Answer {
    client.send(client.request("POST", "/v1/estimates").json(body)).await.expect("the server answers")
}

async fn post(client: &Client, path: &str, key: &str, body: &Value) -> Answer {
    client.post(&format!("/v1/organizations/acme/{path}"), key, body).await.expect("the server answers")
}

#[tokio::test(flavor = "multi_thread")]
async fn an_estimate_is_what_the_charge_will_be_and_changes_nothing() {
    let database = support::database().await;
    let node = Node::start(&database.url).await;
    let client = node.client();
    let usage = json!({"operation": "chat", "quantities": {"input_tokens": 101, "output_tokens": 70}});
    assert_eq!(estimate(&client, &usage).await.body["code"], "no_price");
    publish(&client, &book()).await;
    assert_eq!(post(&client, "grants", "g", &json!({"amount": 500, "reason": "r"})).await.status, 201);
    // 50.5 + 140, then 50.5 + 60 + 40 as the month's first 100 are used: 191, 151, 121.
    for (key, amount, warns) in [("a", 191, false), ("b", 151, true), ("c", 121, true)] {
        let mut asked = usage.clone();
        asked["organization_id"] = json!("acme");
        let estimated = estimate(&client, &asked).await;
        assert_eq!((estimated.status, &estimated.body["amount"]), (200, &json!(amount)), "{}", estimated.body);
        assert_eq!(estimated.body["can_afford"], true);
        assert_eq!(estimated.body["warning"].is_string(), warns, "{}", estimated.body);
        let charged = post(&client, "consumptions", key, &usage).await;
        assert_eq!(charged.status, 201, "{}", charged.body);
        assert_eq!(charged.body["price"], estimated.body["price"], "estimate and charge are one");
        assert_eq!(estimated.body["balance"].as_i64(), charged.body["balance_after"].as_i64().map(|b| b + amount));
    }
    let mut asked = usage.clone();
    asked["organization_id"] = json!("acme");
    let refused = estimate(&client, &asked).await.body;
    let charge = post(&client, "consumptions", "d", &usage).await;
    assert_eq!((charge.status, &refused["can_afford"]), (402, &json!(false)), "{refused}");
    for field in ["required", "balance", "available"] {
        assert_eq!(refused[field], charge.body[field], "{field}");
    }
    assert_eq!(refused["share_of_balance"], "3.2703", "121 of 37, rounded up");
    let plain = estimate(&client, &usage).await.body;
    assert_eq!((&plain["amount"], plain.get("balance"), plain.get("can_afford")), (&json!(191), None, None));
    let events: i64 = sqlx::query_scalar("SELECT count(*) FROM store.events").fetch_one(&database.pool).await.unwrap();
    assert_eq!(events, 4 + 1, "a grant, three consumptions, a low balance: {events}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_new_organization_is_estimated_with_its_bonus() {
    let database = support::database().await;
    let node = Node::start(&database.url).await;
    let client = node.client();
    let mut book = book();
    book["welcome"] = json!({"amount": 15, "monthly": {"amount": 10}});
    publish(&client, &book).await;
    let asked = json!({"organization_id": "fresh", "operation": "gpt-4", "quantities": {"request": 2}});
    let estimated = estimate(&client, &asked).await.body;
    assert_eq!((&estimated["amount"], &estimated["available"]), (&json!(20), &json!(25)), "{estimated}");
    let usage = json!({"operation": "gpt-4", "quantities": {"request": 2}});
    let charged = client.post("/v1/organizations/fresh/consumptions", "k", &usage).await.unwrap();
    assert_eq!((charged.status, &charged.body["balance_after"]), (201, &json!(5)), "{}", charged.body);
    assert_eq!(charged.body["amount"], 20, "the consumption answers, not what came along: {}", charged.body);
    let monthly = client.get("/v1/organizations/fresh/recurring-grant").await.unwrap().body;
    assert_eq!(monthly["grant"]["amount"], 10, "{monthly}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_text_is_counted_by_the_models_tokenizer_or_a_named_one() {
    let database = support::database().await;
    let node = Node::start(&database.url).await;
    let client = node.client();
    publish(&client, &book()).await;
    let text = "The quick brown fox jumps over the lazy dog.";
    for (model, tokenizer, approximate) in
        [("gpt-4", "cl100k_base", false), ("gpt-4o", "o200k_base", false), ("claude-opus-4", "o200k_base", true)]
    {
        let asked = json!({"operation": "chat", "text": text, "dimensions": {"model": model}, "max_output_tokens": 20});
        let estimated = estimate(&client, &asked).await.body;
        let expected = json!({"input_tokens": 10, "tokenizer": tokenizer, "approximate": approximate});
        assert_eq!((&estimated["tokens"], &estimated["amount"]), (&expected, &json!(45)), "{estimated}");
    }
    let long = json!({"operation": "chat", "text": "a".repeat(1024 * 1024 - 100)});
    assert_eq!(estimate(&client, &long).await.status, 200);
    for (body, status, code) in [
        (json!({"operation": "chat", "text": "a".repeat(1024 * 1024)}), 413, "body_too_large"),
        (json!({"text": "a"}), 422, "missing_field"),
        (json!({"operation": "chat", "text": "a", "quantities": {"input_tokens": 1}}), 422, "two_quantities"),
        (
            json!({"operation": "chat", "max_output_tokens": 1, "quantities": {"output_tokens": 1}}),
            422,
            "two_quantities",
        ),
        (json!({"operation": "chat", "max_output_tokens": -1}), 422, "amount_negative"),
        (json!({"operation": "chat", "max_output_tokens": 1.5}), 422, "amount_fractional"),
        (json!({"operation": "gpt-4", "text": "a"}), 422, "unit_not_priced"),
        (json!({"operation": "chatt", "text": "a"}), 422, "no_price"),
        (json!({"operation": "chat", "text": 5}), 422, "wrong_type"),
        (json!({"operation": "chat", "texts": "a"}), 422, "unknown_field"),
        (json!({"operation": "chat", "organization_id": "a b", "text": "a"}), 422, "invalid_organization_id"),
        (
            json!({"operation": "chat", "quantities": {"output_tokens": 1_000_000_000_000_000_u64, "input_tokens": 1_000_000_000_000_000_u64}}),
            422,
            "price_too_large",
        ),
    ] {
        let refused = estimate(&client, &body).await;
        assert_eq!((refused.status, refused.body["code"].as_str()), (status, Some(code)), "{}", refused.body);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_bound_key_estimates_for_its_own_organization_only() {
    let database = support::database().await;
    let node = Node::start(&database.url).await;
    let client = node.client();
    publish(&client, &book()).await;
    let key = json!({"scope": "read", "organization_id": "acme"});
    let made = client.send(client.request("POST", "/v1/keys").json(&key)).await.unwrap();
    let bound = client.with_key(made.body["key"].as_str().expect("a key"));
    for (organization, status) in [("acme", 200), ("other", 404)] {
        let asked = json!({"organization_id": organization, "operation": "gpt-4"});
        assert_eq!(estimate(&bound, &asked).await.status, status, "{organization}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_estimates_version_can_be_reserved_by_and_others_cannot() {
    let database = support::database().await;
    let node = Node::start(&database.url).await;
    let client = node.client();
    publish(&client, &book()).await;
    assert_eq!(post(&client, "grants", "g", &json!({"amount": 500, "reason": "r"})).await.status, 201);
    let asked = json!({"organization_id": "acme", "operation": "gpt-4"});
    let version = estimate(&client, &asked).await.body["price_version"].clone();
    let reserved = post(&client, "reservations", "r", &json!({"operation": "gpt-4", "price_version": version})).await;
    assert_eq!((reserved.status, &reserved.body["amount"]), (201, &json!(10)), "{}", reserved.body);
    let unknown = post(&client, "reservations", "s", &json!({"operation": "gpt-4", "price_version": 7})).await;
    assert_eq!((unknown.status, unknown.body["code"].as_str()), (422, Some("no_price_version")), "{}", unknown.body);
}
