//! Requests a second by organization, at the rate of its tier.

use std::time::Duration;

use serde_json::{Value, json};

use crate::support;
use crate::support::http::{Answer, Client};
use crate::support::node::Node;

/// How long a tier may take to be looked up.
const PATIENCE: Duration = Duration::from_secs(30);

async fn put(client: &Client, path: &str, body: &Value) {
    let answer = client.send(client.request("PUT", path).json(body)).await.unwrap();
    assert_eq!(answer.status, 200, "{}", answer.body);
}

async fn post(client: &Client, path: &str, key: &str, body: Value) -> Answer {
    client.post(path, key, &body).await.unwrap()
}

fn book() -> Value {
    json!({"rate_tiers": {"default": {"requests_per_second": 1, "burst": 3}, "pro": {"requests_per_second": 1, "burst": 7}},
        "prices": [{"operation": "a", "components": [{"unit": "request", "per_unit": 1}]}]})
}

async fn balance(client: &Client, organization: &str) -> Answer {
    client.get(&format!("/v1/organizations/{organization}/balance?consistency=strong")).await.unwrap()
}

/// Asks until the answer tells of a burst of this size.
async fn until_limited_to(client: &Client, organization: &str, burst: &str) {
    let met = async {
        loop {
            let answer = balance(client, organization).await;
            if answer.headers.get("ratelimit-limit").is_some_and(|limit| limit == burst) {
                return;
            }
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    };
    tokio::time::timeout(PATIENCE, met).await.unwrap_or_else(|_| panic!("{organization} never had {burst}"));
}

/// Asks at once until one request is refused.
async fn exhaust(client: &Client, organization: &str) -> Answer {
    for _ in 0..50 {
        let all = futures::future::join_all((0..8).map(|_| balance(client, organization))).await;
        if let Some(refused) = all.into_iter().find(|answer| answer.status == 429) {
            return refused;
        }
    }
    panic!("{organization} was never refused");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_organization_makes_the_requests_of_its_tier() {
    let database = support::database().await;
    let node = Node::start(&database.url).await;
    let client = node.client();
    for organization in ["acme", "globex"] {
        let path = format!("/v1/organizations/{organization}/grants");
        let granted = post(&client, &path, "g", json!({"amount": 100, "reason": "r"})).await;
        assert_eq!(granted.status, 201);
    }
    for _ in 0..20 {
        let answer = balance(&client, "acme").await;
        assert_eq!((answer.status, answer.headers.get("ratelimit-limit")), (200, None), "no tiers, no limits");
    }
    put(&client, "/v1/price-book", &book()).await;
    until_limited_to(&client, "acme", "3").await;
    let refused = exhaust(&client, "acme").await;
    assert_eq!(refused.body["code"], "rate_limited", "{}", refused.body);
    let fields = ["ratelimit-remaining", "ratelimit-reset", "retry-after"];
    assert_eq!(fields.map(|name| refused.headers[name].to_str().unwrap()), ["0", "3", "1"]);
    until_limited_to(&client, "globex", "3").await;
    let mut other = balance(&client, "globex").await;
    if other.status == 429 {
        tokio::time::sleep(Duration::from_millis(1_100)).await;
        other = balance(&client, "globex").await;
    }
    assert_eq!(other.status, 200, "organizations count apart");

    // What only an administrator does, and what ends work, is never kept waiting.
    for n in 0..10 {
        let grant = json!({"amount": 1, "reason": "r"});
        assert_eq!(post(&client, "/v1/organizations/acme/grants", &format!("h{n}"), grant).await.status, 201);
    }
    let key = client
        .send(client.request("POST", "/v1/keys").json(&json!({"scope": "read", "name": "bound",
        "organization_id": "globex"})))
        .await
        .unwrap();
    let bound = client.with_key(key.body["key"].as_str().unwrap());
    for _ in 0..10 {
        assert_eq!(balance(&bound, "acme").await.status, 404, "a stranger takes none of acme's requests");
    }

    let package = json!({"id": "p", "credits": 10, "price_cents": 100, "rate_tier": "pro"});
    assert_eq!(client.send(client.request("POST", "/v1/packages").json(&package)).await.unwrap().status, 201);
    let purchase = json!({"package_id": "p", "payment_reference": "i-1"});
    let bought = post(&client, "/v1/organizations/acme/purchases", "p", purchase).await;
    assert_eq!(bought.status, 201, "{}", bought.body);
    until_limited_to(&client, "acme", "7").await;
    let id = bought.body["id"].as_str().unwrap();
    let path = format!("/v1/organizations/acme/purchases/{id}/refund");
    assert_eq!(post(&client, &path, "r", json!({"reason": "r"})).await.status, 200);
    until_limited_to(&client, "acme", "3").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_batch_counts_its_commands_and_ends_of_work_go_through() {
    let database = support::database().await;
    let node = Node::start(&database.url).await;
    let client = node.client();
    put(&client, "/v1/price-book", &book()).await;
    let granted = post(&client, "/v1/organizations/acme/grants", "g", json!({"amount": 1_000, "reason": "r"})).await;
    assert_eq!(granted.status, 201);
    let mut held = Vec::new();
    for n in 0..5 {
        let reserved =
            post(&client, "/v1/organizations/acme/reservations", &format!("r{n}"), json!({"amount": 1})).await;
        held.extend(reserved.body["id"].as_str().map(str::to_owned));
    }
    assert!(!held.is_empty());
    until_limited_to(&client, "acme", "3").await;
    let consume = |n: usize| json!({"type": "consume", "organization_id": "acme", "idempotency_key": format!("c{n}"), "amount": 1});
    let ends = held.iter().map(|id| {
        json!({"type": "confirm_reservation", "organization_id": "acme", "idempotency_key": format!("e-{id}"),
            "reservation_id": id})
    });
    let commands: Vec<Value> = (0..20).map(consume).chain(ends).collect();
    let answer =
        client.send(client.request("POST", "/v1/commands").json(&json!({"commands": commands}))).await.unwrap();
    let results = answer.body["results"].as_array().unwrap();
    let refused: Vec<&Value> = results[..20].iter().filter(|result| result["status"] == 429).collect();
    assert!((16..=20).contains(&refused.len()), "{}", answer.body);
    assert_eq!((&refused[0]["problem"]["code"], &refused[0]["retryable"]), (&json!("rate_limited"), &json!(true)));
    assert!(results[20..].iter().all(|result| result["status"] == 200), "{}", answer.body);
}
