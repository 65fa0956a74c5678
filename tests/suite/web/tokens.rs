//! Browser tokens: one organization, a few reads, a short life.

use std::time::Duration;

use serde_json::{Value, json};

use super::{ends, grant, make_key};
use crate::http::coverage::SIGNED;
use crate::support;
use crate::support::http::Client;
use crate::support::http::plain;
use crate::support::node::Node;

/// All that a page may ask for. Everything else is refused, whatever is added.
const ALLOWED: &[&str] = &[
    "GET /v1/organizations/{org}/balance",
    "GET /v1/organizations/{org}/transactions",
    "GET /v1/organizations/{org}/usage",
    "GET /v1/organizations/{org}/purchases",
    "GET /v1/organizations/{org}/purchases/{id}",
    "GET /v1/packages",
    "GET /v1/packages/{id}",
    // How amounts are shown: nothing of what anything costs.
    "GET /v1/price-book/scale",
    // Of its own organization: what a click will cost, shown before it.
    "POST /v1/estimates",
    "POST /v1/organizations/{org}/checkout-sessions",
    "GET /v1/organizations/{org}/auto-recharge",
    "PUT /v1/organizations/{org}/auto-recharge",
    "POST /v1/organizations/{org}/auto-recharge/resume",
    // As a stream only, of types, sequences and balances.
    "GET /v1/organizations/{org}/events",
];

async fn make_token(client: &Client, organization: &str, body: Value) -> (String, String) {
    let path = format!("/v1/organizations/{organization}/browser-tokens");
    let answer = client.send(client.request("POST", &path).json(&body)).await.unwrap();
    assert_eq!(answer.status, 201, "{}", answer.body);
    (answer.body["id"].as_str().unwrap().to_owned(), answer.body["token"].as_str().unwrap().to_owned())
}

/// Every operation of the API, with an organization in its path.
async fn operations(node: &Node) -> Vec<(String, String)> {
    let text = plain().get(format!("{}/openapi.json", node.url())).send().await.unwrap().text().await.unwrap();
    let document: Value = serde_json::from_str(&text).unwrap();
    let mut found = Vec::new();
    for (path, item) in document["paths"].as_object().expect("paths") {
        for method in item.as_object().expect("operations").keys().filter(|_| path.starts_with("/v1/")) {
            found.push((method.to_uppercase(), path.clone()));
        }
    }
    found
}

async fn ask(client: &Client, method: &str, path: &str, organization: &str) -> u16 {
    let path = path.replace("{org}", organization).replace("{id}", "019ab000-0000-7000-8000-000000000000");
    let path = path.replace("{idempotency_key}", "k");
    let request = client.request(method, &path).header("Idempotency-Key", "k").header("Accept", "text/event-stream");
    let request = if matches!(method, "GET" | "DELETE") { request } else { request.json(&json!({})) };
    // The status alone: a stream has no end.
    request.send().await.unwrap().status().as_u16()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_token_reaches_what_a_page_needs_of_its_own_organization_and_nothing_else() {
    let database = support::database().await;
    let node = Node::start(&database.url).await;
    let admin = node.client();
    grant(&admin, "a", 10).await;
    grant(&admin, "b", 10).await;
    let (_, token) = make_token(&admin, "a", json!({})).await;
    let page = admin.with_key(&token);
    let mut allowed = Vec::new();
    for (method, path) in operations(&node).await {
        let operation = format!("{method} {path}");
        if operation == SIGNED {
            continue;
        }
        if path.contains("{org}") {
            let status = ask(&page, &method, &path, "b").await;
            assert!(matches!(status, 403 | 404), "{operation} of another organization: {status}");
        }
        match ask(&page, &method, &path, "a").await {
            403 => assert!(!ALLOWED.contains(&operation.as_str()), "{operation}"),
            401 => panic!("{operation}: not authenticated"),
            _ => allowed.push(operation),
        }
    }
    let strangers: Vec<_> = allowed.iter().filter(|operation| !ALLOWED.contains(&operation.as_str())).collect();
    assert!(strangers.is_empty(), "a page may {strangers:?}");
    let events = page.get("/v1/organizations/a/events").await.unwrap();
    assert_eq!((events.status, &events.body["code"]), (403, &json!("browser_token_not_allowed")));
    let found = page.get("/v1/organizations/a/balance?min_sequence=1").await.unwrap();
    assert_eq!(found.body["balance"], 10);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_page_follows_balances_and_sees_nothing_else_of_events() {
    let database = support::database().await;
    let node = Node::start(&database.url).await;
    let admin = node.client();
    grant(&admin, "a", 10).await;
    let (_, token) = make_token(&admin, "a", json!({"subject": "user-1"})).await;
    let path = "/v1/organizations/a/events?after_sequence=1";
    let request = admin.with_key(&token).request("GET", path).header("Accept", "text/event-stream");
    let mut stream = request.send().await.unwrap();
    let spend = json!({"amount": 3, "description": "not for pages"});
    assert_eq!(admin.post("/v1/organizations/a/consumptions", "c", &spend).await.unwrap().status, 201);
    let mut text = String::new();
    while !text.contains("data:") {
        let chunk = tokio::time::timeout(Duration::from_secs(20), stream.chunk()).await.expect("it comes").unwrap();
        text.push_str(&String::from_utf8_lossy(&chunk.unwrap()));
    }
    assert!(text.contains("id: 2\ndata: {\"type\":\"CreditsConsumed\",\"sequence\":2,\"balance\":7}\n\n"), "{text}");
}

/// A customer's page that uses up the keys of its service would have work done for nothing.
#[tokio::test(flavor = "multi_thread")]
async fn c22_a_pages_keys_are_not_its_services() {
    let database = support::database().await;
    let node = Node::start(&database.url).await;
    let admin = node.client();
    grant(&admin, "a", 10).await;
    let (_, token) = make_token(&admin, "a", json!({})).await;
    let page = admin.with_key(&token);
    let off = page.request("PUT", "/v1/organizations/a/auto-recharge").header("Idempotency-Key", "job-1");
    let off = page.send(off.json(&json!({"enabled": false}))).await.unwrap();
    assert_eq!(off.status, 200, "{}", off.body);
    let spent = admin.post("/v1/organizations/a/consumptions", "job-1", &json!({"amount": 3})).await.unwrap();
    assert_eq!((spent.status, &spent.body["balance_after"]), (201, &json!(7)), "{}", spent.body);
    let stored: Vec<String> = sqlx::query_scalar(
        "SELECT e.idempotency_key FROM store.events e WHERE e.idempotency_key LIKE '%:job-1' ORDER BY e.position",
    )
    .fetch_all(&database.pool)
    .await
    .unwrap();
    assert_eq!(stored, ["p:job-1", "c:job-1"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_page_is_told_what_its_own_organization_would_pay() {
    let database = support::database().await;
    let node = Node::start(&database.url).await;
    let admin = node.client();
    let book = json!({"prices": [{"operation": "gpt-4", "components": [{"unit": "request", "per_unit": 10}]}]});
    assert_eq!(admin.send(admin.request("PUT", "/v1/price-book").json(&book)).await.unwrap().status, 200);
    grant(&admin, "a", 25).await;
    grant(&admin, "b", 1_000).await;
    let (_, token) = make_token(&admin, "a", json!({})).await;
    let page = admin.with_key(&token);
    let usage = json!({"operation": "gpt-4", "quantities": {"request": 3}});
    for organization in [None, Some("a"), Some("b")] {
        let mut asked = usage.clone();
        if let Some(organization) = organization {
            asked["organization_id"] = json!(organization);
        }
        let answer = page.send(page.request("POST", "/v1/estimates").json(&asked)).await.unwrap();
        if organization == Some("b") {
            assert_eq!((answer.status, &answer.body["code"]), (404, &json!("organization_not_found")));
            continue;
        }
        assert_eq!(answer.status, 200, "{}", answer.body);
        assert_eq!((&answer.body["amount"], &answer.body["balance"]), (&json!(30), &json!(25)), "{}", answer.body);
        assert_eq!(answer.body["can_afford"], false);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn tokens_end_at_their_time_when_revoked_and_with_their_key() {
    let database = support::database().await;
    let node = Node::start(&database.url).await;
    let admin = node.client();
    grant(&admin, "a", 10).await;
    let balance = "/v1/organizations/a/balance?min_sequence=1";
    let (key_id, key) = make_key(&admin, json!({"scope": "command", "organization_id": "a"})).await;
    let service = admin.with_key(&key);

    let (_, short) = make_token(&service, "a", json!({"ttl_seconds": 1})).await;
    let (id, revoked) = make_token(&service, "a", json!({})).await;
    let (_, orphan) = make_token(&service, "a", json!({"ttl_seconds": 3600})).await;
    for token in [&revoked, &orphan] {
        assert_eq!(admin.with_key(token).get(balance).await.unwrap().status, 200);
    }
    tokio::time::sleep(Duration::from_millis(1100)).await;
    ends(&admin.with_key(&short), balance, "token_expired").await;

    let path = format!("/v1/organizations/a/browser-tokens/{id}");
    let foreign = path.replace("/a/", "/b/");
    assert_eq!(admin.send(admin.request("DELETE", &foreign)).await.unwrap().status, 404, "another organization's");
    assert_eq!(service.send(service.request("DELETE", &path)).await.unwrap().status, 204);
    ends(&admin.with_key(&revoked), balance, "token_revoked").await;

    admin.send(admin.request("DELETE", &format!("/v1/keys/{key_id}"))).await.unwrap();
    ends(&admin.with_key(&orphan), balance, "key_revoked").await;
    let stored: Vec<String> =
        sqlx::query_scalar("SELECT t::text FROM store.browser_tokens t").fetch_all(&database.pool).await.unwrap();
    assert!(stored.iter().all(|row| !row.contains(&revoked)), "a token is stored");
}

#[tokio::test(flavor = "multi_thread")]
async fn tokens_are_made_by_services_for_organizations_that_they_may_see() {
    let database = support::database().await;
    let node = Node::start(&database.url).await;
    let admin = node.client();
    let (_, read) = make_key(&admin, json!({"scope": "read"})).await;
    let (_, bound) = make_key(&admin, json!({"scope": "command", "organization_id": "a"})).await;
    let table = [
        (&read, "a", json!({}), 403, "scope_too_small"),
        (&bound, "b", json!({}), 404, "organization_not_found"),
        (&bound, "a", json!({"ttl_seconds": 0}), 422, "invalid_ttl"),
        (&bound, "a", json!({"ttl_seconds": 3601}), 422, "invalid_ttl"),
        (&bound, "a", json!({"subject": ""}), 422, "text_empty"),
        (&bound, "a", json!({"organization": "b"}), 422, "unknown_field"),
    ];
    for (key, organization, body, status, code) in table {
        let client = admin.with_key(key);
        let path = format!("/v1/organizations/{organization}/browser-tokens");
        let answer = client.send(client.request("POST", &path).json(&body)).await.unwrap();
        assert_eq!((answer.status, answer.body["code"].as_str()), (status, Some(code)), "{body} {}", answer.body);
    }
}
