//! The answers of commands and reads, by example.

use serde_json::{Value, json};

use crate::support;
use crate::support::http::plain;
use crate::support::node::Node;

#[tokio::test(flavor = "multi_thread")]
async fn reserve_confirm_and_read_back() {
    let database = support::database().await;
    let node = Node::start(&database.url).await;
    let client = node.client();
    let send = async |path: &str, key: &str, body: Value| {
        let answer = client.post(&format!("/v1/organizations/acme/{path}"), key, &body).await.unwrap();
        assert!((200..300).contains(&answer.status), "{path}: {} {}", answer.status, answer.body);
        answer.body
    };
    let get = async |path: &str| {
        let answer = client.get(&format!("/v1/organizations/acme/{path}")).await.unwrap();
        assert_eq!(answer.status, 200, "{path}: {}", answer.body);
        answer.body
    };
    let grant = send("grants", "g", json!({"amount": 100, "reason": "welcome"})).await;
    assert_eq!(grant["sequence"], 1);
    let reservation = send("reservations", "r", json!({"amount": 30, "operation": "render"})).await;
    assert_eq!((&reservation["amount"], &reservation["status"]), (&json!(30), &json!("pending")));
    let id = reservation["id"].as_str().unwrap();
    let held = get("balance?consistency=strong").await;
    assert_eq!((&held["balance"], &held["reserved"], &held["available"]), (&json!(100), &json!(30), &json!(70)));

    let confirmed = send(&format!("reservations/{id}/confirm"), "c", json!({"amount": 25})).await;
    assert_eq!(confirmed["amount"], 25);
    let again = send(&format!("reservations/{id}/confirm"), "c2", json!({"amount": 25})).await;
    assert_eq!(again["amount"], 25, "the first outcome");
    let figures = get("balance?consistency=strong").await;
    assert_eq!((&figures["balance"], &figures["reserved"]), (&json!(75), &json!(0)));
    assert_eq!(get(&format!("reservations/{id}")).await["status"], "confirmed");
    assert_eq!(get(&format!("consumptions/{id}")).await["amount"], 25);
    assert_eq!(get(&format!("grants/{}", grant["id"].as_str().unwrap())).await["amount"], 100);
    assert_eq!(get("commands/c").await["sequence"], confirmed["sequence"]);

    let events = get("events?after_sequence=1&limit=2").await;
    let sequences: Vec<_> = events["data"].as_array().unwrap().iter().map(|event| event["sequence"].clone()).collect();
    assert_eq!(sequences, [json!(2), json!(3)], "{events}");
}

#[tokio::test(flavor = "multi_thread")]
async fn health_readiness_metrics_and_documents_answer() {
    let database = support::database().await;
    let node = Node::start(&database.url).await;
    let get = async |path: &str| {
        let answer = plain().get(format!("{}{path}", node.url())).send().await.unwrap();
        (answer.status().as_u16(), answer.text().await.unwrap())
    };
    assert_eq!(get("/healthz").await.0, 200);
    while get("/readyz").await.0 != 200 {
        tokio::time::sleep(std::time::Duration::from_millis(20)).await;
    }
    let grant = json!({"amount": 100, "reason": "r"});
    assert_eq!(node.client().post("/v1/organizations/a/grants", "g", &grant).await.unwrap().status, 201);
    let (status, metrics) = get("/metrics").await;
    assert_eq!(status, 200);
    assert!(metrics.contains("credit_ledger_append_seconds"), "{metrics}");
    let (status, openapi) = get("/openapi.json").await;
    assert_eq!(status, 200);
    assert_eq!(serde_json::from_str::<Value>(&openapi).unwrap()["openapi"].as_str().unwrap()[..3], *"3.1");
    assert!(get("/docs/").await.1.contains("<html"), "a page");
}

#[tokio::test(flavor = "multi_thread")]
async fn settings_are_put_as_a_whole_and_read_back() {
    let database = support::database().await;
    let node = Node::start(&database.url).await;
    let client = node.client();
    let path = "/v1/organizations/acme/settings";
    assert_eq!(client.get(path).await.unwrap().status, 404);
    let settings = json!({"low_balance_threshold": 25, "overdraft_limit": 10});
    let put = client.send(client.request("PUT", path).header("Idempotency-Key", "s").json(&settings)).await.unwrap();
    assert_eq!(put.status, 200, "{}", put.body);
    let read = client.get(path).await.unwrap().body;
    assert_eq!((&read["low_balance_threshold"], &read["overdraft_limit"]), (&json!(25), &json!(10)));
    let spent = client.post("/v1/organizations/acme/consumptions", "c", &json!({"amount": 10})).await.unwrap();
    assert_eq!((spent.status, &spent.body["balance_after"]), (201, &json!(-10)));
    let refused = client.post("/v1/organizations/acme/consumptions", "d", &json!({"amount": 1})).await.unwrap();
    assert_eq!(refused.status, 402);
}
