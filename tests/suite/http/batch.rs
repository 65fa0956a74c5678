//! `/commands`: many commands, each on its own (CORRECTNESS C24).

use serde_json::{Value, json};

use crate::support;
use crate::support::node::Node;

fn consume(organization: &str, key: &str, amount: i64) -> Value {
    json!({"type": "consume", "organization_id": organization, "idempotency_key": key, "amount": amount})
}

#[tokio::test(flavor = "multi_thread")]
async fn c24_a_batch_is_decided_in_order_and_answered_in_order() {
    let database = support::database().await;
    let node = Node::start(&database.url).await;
    let client = node.client();
    let commands = json!({"commands": [
        {"type": "grant", "organization_id": "a", "idempotency_key": "g", "amount": 10, "reason": "r"},
        consume("a", "1", 6),
        consume("a", "2", 6),
        consume("b", "1", 1),
        {"type": "grant", "organization_id": "b", "idempotency_key": "g", "amount": 5, "reason": "r"},
        consume("b", "1", 1),
        consume("a", "1", 6),
        consume("a", "3", 4),
        {"type": "consume", "organization_id": "a", "amount": 1},
        {"type": "fly", "organization_id": "a", "idempotency_key": "x"},
        consume("b", "1", 2),
    ]});
    let answer = client.send(client.request("POST", "/v1/commands").json(&commands)).await.unwrap();
    assert_eq!(answer.status, 200, "{}", answer.body);
    let results = answer.body["results"].as_array().expect("a list");
    let statuses: Vec<_> = results.iter().map(|result| result["status"].as_u64().unwrap_or_default()).collect();
    assert_eq!(statuses, [201, 201, 402, 402, 201, 201, 201, 201, 400, 422, 422], "{results:#?}");
    for result in results {
        if result["status"].as_u64() >= Some(400) {
            assert_eq!(result["retryable"], false, "{result}");
        }
    }
    let balances = [("a", 0), ("b", 4)];
    for (organization, balance) in balances {
        let path = format!("/v1/organizations/{organization}/balance?consistency=strong");
        assert_eq!(client.get(&path).await.unwrap().body["balance"], balance);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_key_is_one_command_whether_it_comes_alone_or_in_a_batch() {
    let database = support::database().await;
    let node = Node::start(&database.url).await;
    let client = node.client();
    let grant = json!({"amount": 10, "reason": "r"});
    assert_eq!(client.post("/v1/organizations/a/grants", "g", &grant).await.unwrap().status, 201);
    let alone = client.post("/v1/organizations/a/consumptions", "c", &json!({"amount": 3})).await.unwrap();
    let batch = json!({"commands": [consume("a", "c", 3), consume("a", "c", 4)]});
    let answer = client.send(client.request("POST", "/v1/commands").json(&batch)).await.unwrap();
    let results = &answer.body["results"];
    assert_eq!(results[0]["status"], 201);
    assert_eq!(results[0]["answer"], alone.body, "{results}");
    assert_eq!(results[1]["status"], 422);
}
