//! One effect a key, and equal answers (CORRECTNESS C22).

use futures::future::join_all;
use serde_json::{Value, json};

use crate::support;
use crate::support::node::Node;

/// One command of each kind, in an order in which each is accepted; `{id}` is the id of the answer before.
fn journey() -> Vec<(&'static str, &'static str, Value)> {
    vec![
        ("POST", "grants", json!({"amount": 1000, "reason": "welcome", "metadata": {"n": 1}})),
        ("POST", "grants/{id}/void", json!({"reason": "mistake"})),
        (
            "POST",
            "purchases",
            json!({"credits": 500, "price": {"amount_minor": 500, "currency": "USD"}, "payment_reference": "inv"}),
        ),
        ("POST", "purchases/{id}/refund", json!({"amount_minor": 100, "reason": "half"})),
        ("POST", "consumptions", json!({"amount": 40, "operation": "chat", "subject": "u"})),
        ("POST", "consumptions/{id}/refund", json!({"amount": 15, "reason": "slow"})),
        ("POST", "reservations", json!({"amount": 30, "over": "overdraft"})),
        ("POST", "reservations/{id}/confirm", json!({"amount": 45})),
        ("POST", "reservations", json!({"amount": 30})),
        ("POST", "reservations/{id}/cancel", json!({})),
        ("POST", "adjustments", json!({"amount": -5, "reason": "count"})),
        ("PUT", "settings", json!({"low_balance_threshold": 10, "overdraft_limit": 20})),
    ]
}

#[tokio::test(flavor = "multi_thread")]
async fn c22_every_command_replays_to_the_letter_and_refuses_another_body() {
    let database = support::database().await;
    let node = Node::start(&database.url).await;
    let client = node.client();
    let mut id = String::new();
    let mut first_answers = Vec::new();
    for (number, (method, path, body)) in journey().into_iter().enumerate() {
        let path = format!("/v1/organizations/acme/{}", path.replace("{id}", &id));
        let key = format!("key-{number}");
        let send = |body: &Value| client.send(client.request(method, &path).header("Idempotency-Key", &key).json(body));
        let first = send(&body).await.expect("answered");
        assert!((200..300).contains(&first.status), "{path}: {} {}", first.status, first.body);
        assert!(first.body["sequence"].is_u64(), "{path}: no sequence in {}", first.body);
        assert!(!first.headers.contains_key("idempotency-replayed"), "{path}");
        let again = send(&body).await.expect("answered");
        assert_eq!((again.status, &again.body), (first.status, &first.body), "{path}");
        assert_eq!(again.headers["idempotency-replayed"], "true", "{path}");
        let mut other = body.clone();
        other["reason"] = json!("another one");
        let reused = send(&other).await.expect("answered");
        if reused.body["code"] != "unknown_field" {
            assert_eq!((reused.status, reused.body["code"].as_str()), (422, Some("idempotency_key_reused")), "{path}");
        }
        if let Some(made) = first.body["id"].as_str() {
            id = made.to_owned();
        }
        first_answers.push((method, path, key, body, first.body));
    }
    assert_replays_after_a_restart(&database.url, node, first_answers).await;
}

async fn assert_replays_after_a_restart(url: &str, node: Node, answers: Vec<(&str, String, String, Value, Value)>) {
    node.terminate().await;
    let node = Node::start(url).await;
    let client = node.client();
    for (method, path, key, body, first) in answers {
        let request = client.request(method, &path).header("Idempotency-Key", key).json(&body);
        let again = client.send(request).await.expect("answered");
        assert_eq!(again.body, first, "{path}");
        assert_eq!(again.headers["idempotency-replayed"], "true", "{path}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn c09_two_at_once_have_one_effect_and_equal_answers() {
    let database = support::database().await;
    let nodes = [Node::start(&database.url).await, Node::start(&database.url).await];
    let clients: Vec<_> = nodes.iter().map(Node::client).collect();
    let grant = json!({"amount": 100, "reason": "r"});
    assert_eq!(clients[0].post("/v1/organizations/acme/grants", "g", &grant).await.unwrap().status, 201);
    for round in 0..10 {
        let key = format!("same-{round}");
        let sends = (0..8).map(|n| {
            let (client, key) = (clients[n % 2].clone(), key.clone());
            async move { client.post("/v1/organizations/acme/consumptions", &key, &json!({"amount": 1})).await.unwrap() }
        });
        let answers = join_all(sends).await;
        for answer in &answers {
            assert_eq!((answer.status, &answer.body), (201, &answers[0].body));
        }
        let replayed = answers.iter().filter(|answer| answer.headers.contains_key("idempotency-replayed")).count();
        assert_eq!(replayed, 7, "one of eight had the effect");
    }
    let consumed: i64 = sqlx::query_scalar("SELECT count(*) FROM store.events WHERE event_type = 'CreditsConsumed'")
        .fetch_one(&database.pool)
        .await
        .unwrap();
    assert_eq!(consumed, 10);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_refusal_is_not_stored_so_that_a_retry_after_a_top_up_succeeds() {
    let database = support::database().await;
    let node = Node::start(&database.url).await;
    let client = node.client();
    let consume =
        || async { client.post("/v1/organizations/acme/consumptions", "c", &json!({"amount": 5})).await.unwrap() };
    assert_eq!(consume().await.status, 402);
    let grant = json!({"amount": 100, "reason": "r"});
    assert_eq!(client.post("/v1/organizations/acme/grants", "g", &grant).await.unwrap().status, 201);
    let retried = consume().await;
    assert_eq!(retried.status, 201);
    assert!(!retried.headers.contains_key("idempotency-replayed"));
}

#[tokio::test(flavor = "multi_thread")]
async fn c25_an_organization_exists_from_its_first_event() {
    let database = support::database().await;
    let node = Node::start(&database.url).await;
    let client = node.client();
    let strong = "/v1/organizations/nobody/balance?consistency=strong";
    assert_eq!(client.get(strong).await.unwrap().status, 404);
    let refused = client.post("/v1/organizations/nobody/consumptions", "c", &json!({"amount": 5})).await.unwrap();
    assert_eq!((refused.status, &refused.body["balance"]), (402, &json!(0)));
    assert_eq!(client.get(strong).await.unwrap().status, 404);
}
