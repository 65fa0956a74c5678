//! Packages: made, changed, retired, bought.

use serde_json::{Value, json};

use crate::support;
use crate::support::http::{Answer, Client};
use crate::support::node::Node;

async fn send(client: &Client, method: &str, path: &str, body: Value) -> Answer {
    client.send(client.request(method, path).json(&body)).await.expect("the server answers")
}

async fn ok(client: &Client, method: &str, path: &str, body: Value) -> Value {
    let answer = send(client, method, path, body).await;
    assert!((200..300).contains(&answer.status), "{method} {path}: {} {}", answer.status, answer.body);
    answer.body
}

fn starter() -> Value {
    json!({"id": "starter", "credits": 1_000, "price_cents": 1_000, "features": ["E-mail support"]})
}

#[tokio::test(flavor = "multi_thread")]
async fn a_package_is_made_changed_and_retired_and_its_history_stays() {
    let database = support::database().await;
    let node = Node::start(&database.url).await;
    let client = node.client();
    let made = ok(&client, "POST", "/v1/packages", starter()).await;
    assert_eq!((&made["version"], &made["name"], &made["currency"]), (&json!(1), &json!("starter"), &json!("USD")));
    assert_eq!(made["price_per_credit"], "0.01");
    assert_eq!(ok(&client, "POST", "/v1/packages", starter()).await, made, "the same twice is one package");
    let other = send(&client, "POST", "/v1/packages", json!({"id": "starter", "credits": 5, "price_cents": 1})).await;
    assert_eq!((other.status, other.body["code"].as_str()), (409, Some("package_exists")));

    let pro =
        json!({"id": "pro", "credits": 10_000, "bonus_credits": 2_000, "price_cents": 10_000, "validity_days": 365});
    ok(&client, "POST", "/v1/packages", pro).await;
    let changed = ok(&client, "PATCH", "/v1/packages/pro", json!({"validity_days": null, "rate_tier": "fast"})).await;
    assert_eq!((&changed["version"], &changed["validity_days"]), (&json!(2), &Value::Null));
    assert_eq!(ok(&client, "PATCH", "/v1/packages/pro", json!({"rate_tier": "fast"})).await, changed);

    let shelf = ok(&client, "GET", "/v1/packages", json!({})).await;
    let row = |n: usize| (shelf["data"][n]["id"].clone(), shelf["data"][n]["discount_permille"].clone());
    assert_eq!(row(0), (json!("starter"), json!(0)));
    assert_eq!(row(1), (json!("pro"), json!(166)), "bonus counts: 12,000 for $100 against 1,000 for $10");

    assert_eq!(ok(&client, "POST", "/v1/packages/pro/retire", json!({})).await["is_active"], false);
    let shelf = ok(&client, "GET", "/v1/packages", json!({})).await;
    assert_eq!(shelf["data"].as_array().map(Vec::len), Some(1));
    let shelf = ok(&client, "GET", "/v1/packages?include_retired=true", json!({})).await;
    assert_eq!(shelf["data"].as_array().map(Vec::len), Some(2));
    let history = ok(&client, "GET", "/v1/packages/pro/history?limit=2", json!({})).await;
    assert_eq!((&history["data"][0]["version"], &history["next_cursor"]), (&json!(3), &json!("2")));
    assert!(history["data"][0]["actor"].as_str().is_some_and(|actor| actor.starts_with("key:")));
    let rest = ok(&client, "GET", "/v1/packages/pro/history?cursor=2", json!({})).await;
    assert_eq!((&rest["data"][0]["validity_days"], &rest["next_cursor"]), (&json!(365), &Value::Null));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_purchase_is_of_the_package_as_it_is_sold_and_a_replay_of_it_as_it_was() {
    let database = support::database().await;
    let node = Node::start(&database.url).await;
    let client = node.client();
    let package = json!({"id": "p", "credits": 100, "bonus_credits": 20, "price_cents": 900, "validity_days": 30});
    ok(&client, "POST", "/v1/packages", package).await;
    ok(&client, "PATCH", "/v1/packages/p", json!({"price_cents": 1_000})).await;
    let path = "/v1/organizations/acme/purchases";
    let body = json!({"package_id": "p", "payment_reference": "inv-1"});
    let bought = client.post(path, "k", &body).await.unwrap();
    assert_eq!(bought.status, 201, "{}", bought.body);
    let of = |name: &str| bought.body[name].clone();
    assert_eq!((of("credits"), of("bonus_credits"), of("package_version")), (json!(120), json!(20), json!(2)));
    assert_eq!(of("price"), json!({"amount_minor": 1_000, "currency": "USD"}));
    assert!(of("expires_at").is_string(), "the package says how long its credits last");

    ok(&client, "POST", "/v1/packages/p/retire", json!({})).await;
    let again = client.post(path, "k", &body).await.unwrap();
    assert_eq!((again.status, &again.body), (201, &bought.body), "what was bought stays bought");
    let batch = json!({"commands": [{"type": "record_purchase", "organization_id": "acme", "idempotency_key": "k",
        "package_id": "p", "payment_reference": "inv-1"}]});
    let batch = ok(&client, "POST", "/v1/commands", batch).await;
    assert_eq!(batch["results"][0]["answer"], bought.body);
    let other = client.post(path, "k", &json!({"package_id": "q", "payment_reference": "inv-1"})).await.unwrap();
    assert_eq!((other.status, other.body["code"].as_str()), (422, Some("idempotency_key_reused")));
    let retired = client.post(path, "k2", &json!({"package_id": "p", "payment_reference": "inv-2"})).await.unwrap();
    assert_eq!((retired.status, retired.body["code"].as_str()), (422, Some("package_retired")));
}

#[tokio::test(flavor = "multi_thread")]
async fn mistakes_in_packages_have_their_codes_and_versions_cannot_be_changed() {
    let database = support::database().await;
    let node = Node::start(&database.url).await;
    let client = node.client();
    let post = |body: Value| ("POST", "/v1/packages".to_owned(), body);
    let rows = [
        (post(json!({"credits": 1, "price_cents": 1})), 422, "missing_field"),
        (post(json!({"id": "a b", "credits": 1, "price_cents": 1})), 422, "invalid_package_id"),
        (post(json!({"id": "a", "price_cents": 1})), 422, "amount_missing"),
        (post(json!({"id": "a", "credits": 0, "price_cents": 1})), 422, "amount_zero"),
        (post(json!({"id": "a", "credits": 1, "price_cents": 9.99})), 422, "amount_fractional"),
        (post(json!({"id": "a", "credits": 1, "price_cents": 1, "currency": "dollars"})), 422, "invalid_currency"),
        (post(json!({"id": "a", "credits": 1, "price_cents": 1, "validity_days": 36_501})), 422, "invalid_value"),
        (post(json!({"id": "a", "credits": 1, "price_cents": 1, "colour": "red"})), 422, "unknown_field"),
        (("PATCH", "/v1/packages/none".to_owned(), json!({"credits": 1})), 404, "package_not_found"),
        (("POST", "/v1/packages/none/retire".to_owned(), json!({})), 404, "package_not_found"),
        (("GET", "/v1/packages/none".to_owned(), json!({})), 404, "package_not_found"),
        (("GET", "/v1/packages/none/history".to_owned(), json!({})), 404, "package_not_found"),
    ];
    for ((method, path, body), status, code) in rows {
        let answer = send(&client, method, &path, body.clone()).await;
        assert_eq!(
            (answer.status, answer.body["code"].as_str()),
            (status, Some(code)),
            "{path} {body}: {}",
            answer.body
        );
    }
    let key = ok(&client, "POST", "/v1/keys", json!({"scope": "command", "name": "shop"})).await;
    let shop = client.with_key(key["key"].as_str().expect("a key"));
    assert_eq!(send(&shop, "GET", "/v1/packages", json!({})).await.status, 200);
    assert_eq!(send(&shop, "POST", "/v1/packages", starter()).await.status, 403);

    ok(&client, "POST", "/v1/packages", starter()).await;
    for change in
        ["UPDATE ledger.credit_package_versions SET credits = 5", "DELETE FROM ledger.credit_package_versions"]
    {
        let refused = sqlx::query(change).execute(&database.pool).await.expect_err(change);
        assert!(refused.to_string().contains("never changed or removed"), "{refused}");
    }
}
