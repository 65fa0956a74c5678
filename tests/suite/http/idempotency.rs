//! One effect a key, and equal answers (CORRECTNESS C22).

use std::collections::BTreeSet;

use futures::future::join_all;
use serde_json::{Value, json};

use crate::support;
use crate::support::http::Client;
use crate::support::node::Node;

/// A command, and another one that is as good but for the key that it shares.
struct Row {
    method: &'static str,
    path: &'static str,
    body: Value,
    other: Other,
}

enum Other {
    Body(Value),
    /// Where the body says nothing, the path does.
    Path(&'static str),
}

fn row(method: &'static str, path: &'static str, body: Value, other: Value) -> Row {
    Row { method, path, body, other: Other::Body(other) }
}

/// One command of each kind, in an order in which each is accepted; `{id}` is the id of the answer before.
fn journey() -> Vec<Row> {
    let purchase = |credits: i64| {
        let price = json!({"amount_minor": 500, "currency": "USD"});
        json!({"credits": credits, "price": price, "payment_reference": "inv"})
    };
    let settings = |limit: i64| json!({"low_balance_threshold": 10, "overdraft_limit": limit});
    let policy = |threshold: i64| json!({"threshold": threshold, "package_id": "starter"});
    let monthly = |amount: i64| json!({"grant": {"amount": amount}});
    vec![
        row(
            "POST",
            "grants",
            json!({"amount": 1000, "reason": "welcome", "metadata": {"n": 1}}),
            json!({"amount": 1000, "reason": "welcome", "metadata": {"n": 2}}),
        ),
        row("POST", "grants/{id}/void", json!({"reason": "mistake"}), json!({"reason": "another"})),
        row("POST", "purchases", purchase(500), purchase(501)),
        row(
            "POST",
            "purchases/{id}/refund",
            json!({"amount_minor": 100, "reason": "half"}),
            json!({"amount_minor": 101, "reason": "half"}),
        ),
        row(
            "POST",
            "consumptions",
            json!({"amount": 40, "operation": "chat", "subject": "u"}),
            json!({"amount": 40, "operation": "chat", "subject": "v"}),
        ),
        row(
            "POST",
            "consumptions/{id}/refund",
            json!({"amount": 15, "reason": "slow"}),
            json!({"amount": 16, "reason": "slow"}),
        ),
        row(
            "POST",
            "reservations",
            json!({"amount": 30, "over": "overdraft"}),
            json!({"amount": 30, "over": "reject"}),
        ),
        row("POST", "reservations/{id}/confirm", json!({"amount": 45}), json!({"amount": 44})),
        row("POST", "reservations", json!({"amount": 30}), json!({"amount": 31})),
        Row {
            method: "POST",
            path: "reservations/{id}/cancel",
            body: json!({}),
            other: Other::Path("reservations/00000000-0000-8000-8000-000000000000/cancel"),
        },
        row("POST", "adjustments", json!({"amount": -5, "reason": "count"}), json!({"amount": -6, "reason": "count"})),
        row("PUT", "settings", settings(20), settings(21)),
        row("PUT", "recurring-grant", monthly(50), monthly(51)),
        row("PUT", "auto-recharge", policy(10), policy(11)),
        Row {
            method: "POST",
            path: "auto-recharge/resume",
            body: json!({}),
            other: Other::Path("reservations/00000000-0000-8000-8000-000000000000/cancel"),
        },
    ]
}

/// Needs an account at Stripe: `payments::checkout` tries its key.
const ELSEWHERE: &str = "POST checkout-sessions";

/// What takes an idempotency key by the API's own document stands in the journey.
async fn assert_journey_is_whole(client: &Client) {
    let document = client.get("/openapi.json").await.expect("answered").body;
    let mut tried: BTreeSet<String> = journey().iter().map(|row| format!("{} {}", row.method, row.path)).collect();
    tried.insert(ELSEWHERE.to_owned());
    let mut taking = BTreeSet::new();
    for (path, operations) in document["paths"].as_object().expect("paths") {
        for (method, operation) in operations.as_object().expect("operations") {
            let parameters = operation["parameters"].as_array().into_iter().flatten();
            if parameters.into_iter().any(|parameter| parameter["name"] == "Idempotency-Key") {
                let of_organization = path.strip_prefix("/v1/organizations/{org}/").expect("a command has one");
                taking.insert(format!("{} {of_organization}", method.to_uppercase()));
            }
        }
    }
    assert_eq!(tried, taking);
}

#[tokio::test(flavor = "multi_thread")]
async fn c22_every_command_replays_to_the_letter_and_refuses_another_body() {
    let database = support::database().await;
    let node = Node::start(&database.url).await;
    let client = node.client();
    assert_journey_is_whole(&client).await;
    let package = json!({"id": "starter", "name": "Starter", "credits": 500, "price_cents": 1000});
    let made = client.send(client.request("POST", "/v1/packages").json(&package)).await.expect("answered");
    assert_eq!(made.status, 201, "{}", made.body);
    let mut id = String::new();
    let mut first_answers = Vec::new();
    for (number, Row { method, path, body, other }) in journey().into_iter().enumerate() {
        let absolute = |path: &str| format!("/v1/organizations/acme/{}", path.replace("{id}", &id));
        let path = absolute(path);
        let key = format!("key-{number}");
        let send = |path: &str, body: &Value| {
            client.send(client.request(method, path).header("Idempotency-Key", &key).json(body))
        };
        let first = send(&path, &body).await.expect("answered");
        assert!((200..300).contains(&first.status), "{path}: {} {}", first.status, first.body);
        assert!(first.body["sequence"].is_u64(), "{path}: no sequence in {}", first.body);
        assert!(!first.headers.contains_key("idempotency-replayed"), "{path}");
        let again = send(&path, &body).await.expect("answered");
        assert_eq!((again.status, &again.body), (first.status, &first.body), "{path}");
        assert_eq!(again.headers["idempotency-replayed"], "true", "{path}");
        let reused = match &other {
            Other::Body(other) => send(&path, other).await.expect("answered"),
            Other::Path(other) => send(&absolute(other), &body).await.expect("answered"),
        };
        let code = reused.body["code"].as_str();
        assert_eq!((reused.status, code), (422, Some("idempotency_key_reused")), "{path}: {}", reused.body);
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
