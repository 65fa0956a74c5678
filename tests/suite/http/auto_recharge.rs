//! Auto-recharge over HTTP: the policy, its mistakes and replays, and the reason of every decision.

use serde_json::{Value, json};

use crate::support;
use crate::support::http::{Answer, Client};
use crate::support::node::Node;

const PATH: &str = "/v1/organizations/acme/auto-recharge";

async fn put(client: &Client, key: &str, body: &Value) -> Answer {
    client.send(client.request("PUT", PATH).header("Idempotency-Key", key).json(body)).await.expect("answered")
}

async fn state(client: &Client) -> Value {
    let answer = client.get(PATH).await.expect("answered");
    assert_eq!(answer.status, 200, "{}", answer.body);
    answer.body
}

async fn with_package(client: &Client) {
    let package = json!({"id": "starter", "name": "Starter", "credits": 500, "bonus_credits": 50, "price_cents": 1000});
    let made = client.send(client.request("POST", "/v1/packages").json(&package)).await.expect("answered");
    assert_eq!(made.status, 201, "{}", made.body);
}

async fn spend(client: &Client, key: &str, amount: i64) {
    let path = "/v1/organizations/acme/consumptions";
    let answer = client.post(path, key, &json!({"amount": amount})).await.expect("answered");
    assert_eq!(answer.status, 201, "{}", answer.body);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_policy_that_cannot_work_is_refused_and_says_why() {
    let database = support::database().await;
    let node = Node::start(&database.url).await;
    let client = node.client();
    with_package(&client).await;
    let usd = |minor: i64| json!({"amount_minor": minor, "currency": "USD"});
    for (number, (body, code)) in [
        (json!({"threshold": 100, "package_id": "nothing"}), "no_such_package"),
        (json!({"threshold": 550, "package_id": "starter"}), "recharge_cannot_lift"),
        (json!({"threshold": 2000, "package_id": "starter", "amount": 1600}), "recharge_cannot_lift"),
        (json!({"threshold": 100, "package_id": "starter", "amount": 600_000}), "invalid_value"),
        (
            json!({"threshold": 100, "package_id": "starter", "monthly_limit": {"amount_minor": 5, "currency": "EUR"}}),
            "invalid_value",
        ),
        (json!({"threshold": 100, "package_id": "starter", "monthly_limit": usd(-5)}), "amount_negative"),
        (json!({"threshold": 100, "package_id": "starter", "limit": 5}), "unknown_field"),
    ]
    .into_iter()
    .enumerate()
    {
        let answer = put(&client, &format!("bad-{number}"), &body).await;
        assert_eq!((answer.status, answer.body["code"].as_str()), (422, Some(code)), "{body}: {}", answer.body);
    }
    assert_eq!(client.get(PATH).await.unwrap().status, 404, "nothing was appended");

    let retire = client.request("POST", "/v1/packages/starter/retire").json(&json!({}));
    assert!((200..300).contains(&client.send(retire).await.unwrap().status));
    let body = json!({"threshold": 100, "package_id": "starter"});
    assert_eq!(put(&client, "retired", &body).await.body["code"], "package_retired");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_policy_replays_to_the_letter_even_when_its_package_is_gone() {
    let database = support::database().await;
    let node = Node::start(&database.url).await;
    let client = node.client();
    with_package(&client).await;
    let body = json!({"threshold": 100, "package_id": "starter", "amount": 600,
        "monthly_limit": {"amount_minor": 5000, "currency": "usd"}, "cooldown_seconds": 60});
    let first = put(&client, "policy", &body).await;
    assert_eq!(first.status, 200, "{}", first.body);
    let policy = &first.body["policy"];
    assert_eq!((&policy["packages"], &policy["package_credits"]), (&json!(2), &json!(550)), "{policy}");
    assert_eq!(policy["package_price"], json!({"amount_minor": 1000, "currency": "USD"}));
    let retire = client.request("POST", "/v1/packages/starter/retire").json(&json!({}));
    assert!((200..300).contains(&client.send(retire).await.unwrap().status));
    let again = put(&client, "policy", &body).await;
    assert_eq!((again.status, &again.body), (200, &first.body));
    assert_eq!(again.headers["idempotency-replayed"], "true");
    assert_eq!(put(&client, "policy", &json!({"enabled": false})).await.body["code"], "idempotency_key_reused");
    // A customer can always switch off.
    let off = put(&client, "off", &json!({"enabled": false})).await;
    assert_eq!((off.status, &off.body["policy"]["enabled"]), (200, &json!(false)), "{}", off.body);
    assert_eq!(state(&client).await["decision"]["reason"], "disabled");
    let without_key = client.send(client.request("PUT", PATH).json(&body)).await.unwrap();
    assert_eq!(without_key.body["code"], "idempotency_key_required");
}

#[tokio::test(flavor = "multi_thread")]
async fn every_decision_can_be_read_with_its_reason() {
    let database = support::database().await;
    let node = Node::start(&database.url).await;
    let client = node.client();
    with_package(&client).await;
    let grant = json!({"amount": 1000, "reason": "welcome"});
    assert_eq!(client.post("/v1/organizations/acme/grants", "g", &grant).await.unwrap().status, 201);
    let reason = async || state(&client).await["decision"]["reason"].clone();
    assert_eq!(reason().await, "not_configured");

    let mut policy = json!({"threshold": 100, "package_id": "starter", "cooldown_seconds": 0,
        "monthly_limit": {"amount_minor": 999, "currency": "USD"}});
    assert_eq!(put(&client, "p1", &policy).await.status, 200);
    let above = state(&client).await;
    assert_eq!(
        (&above["decision"]["reason"], &above["decision"]["recharge"]),
        (&json!("balance_above_threshold"), &json!(false))
    );
    let before = above["decision"]["at"].as_str().expect("an instant").to_owned();

    spend(&client, "c1", 950).await;
    let limited = state(&client).await;
    assert_eq!(limited["decision"]["reason"], "monthly_limit_reached", "{limited}");
    assert!(limited["decision"]["detail"].as_str().is_some_and(|text| text.contains("999")), "{limited}");

    policy["monthly_limit"] = json!({"amount_minor": 1500, "currency": "USD"});
    assert_eq!(put(&client, "p2", &policy).await.status, 200);
    let pending = state(&client).await;
    assert_eq!(pending["decision"]["reason"], "in_flight", "{pending}");
    assert_eq!(
        (&pending["pending"]["credits"], &pending["pending"]["price"]["amount_minor"]),
        (&json!(550), &json!(1000))
    );
    assert_eq!(pending["spent_this_month"], json!({"amount_minor": 1000, "currency": "USD"}), "reserved");

    let past = client.get(&format!("{PATH}?at={}", before.replace('+', "%2B"))).await.unwrap();
    assert_eq!(
        (past.status, &past.body["decision"]["reason"]),
        (200, &json!("balance_above_threshold")),
        "{}",
        past.body
    );
    assert_eq!(past.body["pending"], Value::Null);
    assert_eq!(client.get(&format!("{PATH}?at=2999-01-01T00:00:00Z")).await.unwrap().body["code"], "at_in_future");

    let nothing = client.post(&format!("{PATH}/resume"), "r1", &json!({})).await.unwrap();
    assert_eq!((nothing.status, &nothing.body["command"]), (200, &json!("resume_recharge")), "{}", nothing.body);
    let again = client.post(&format!("{PATH}/resume"), "r1", &json!({})).await.unwrap();
    assert_eq!((&again.body, &again.headers["idempotency-replayed"]), (&nothing.body, &"true".parse().unwrap()));
}
