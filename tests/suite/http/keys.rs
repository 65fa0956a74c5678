//! Rights: scopes, organizations, revocation.

use std::time::{Duration, Instant};

use serde_json::{Value, json};

use crate::support;
use crate::support::http::{Client, plain};
use crate::support::node::Node;

async fn make_key(client: &Client, body: Value) -> (String, String) {
    let answer = client.send(client.request("POST", "/v1/keys").json(&body)).await.unwrap();
    assert_eq!(answer.status, 201, "{}", answer.body);
    let text =
        |field: &str| answer.body[field].as_str().unwrap_or_else(|| panic!("{field} in {}", answer.body)).to_owned();
    (text("id"), text("key"))
}

#[tokio::test(flavor = "multi_thread")]
async fn scopes_and_organizations_bound_what_a_key_may_do() {
    let database = support::database().await;
    let node = Node::start(&database.url).await;
    let admin = node.client();
    let grant = json!({"amount": 10, "reason": "r"});
    for organization in ["a", "b"] {
        let path = format!("/v1/organizations/{organization}/grants");
        assert_eq!(admin.post(&path, "g", &grant).await.unwrap().status, 201);
    }
    let (_, read) = make_key(&admin, json!({"name": "r", "scope": "read"})).await;
    let (_, spend) = make_key(&admin, json!({"name": "c", "scope": "command", "organization_id": "a"})).await;
    let (read, spend) = (admin.with_key(&read), admin.with_key(&spend));
    let consume = json!({"amount": 1});
    let balance = |org: &str| format!("/v1/organizations/{org}/balance?consistency=strong");

    assert_eq!(read.get(&balance("b")).await.unwrap().status, 200);
    assert_eq!(read.post("/v1/organizations/a/consumptions", "k", &consume).await.unwrap().status, 403);
    assert_eq!(spend.post("/v1/organizations/a/consumptions", "k", &consume).await.unwrap().status, 201);
    assert_eq!(spend.post("/v1/organizations/a/grants", "k2", &grant).await.unwrap().status, 403);
    // A bound key sees nothing of another organization, not even that it exists.
    assert_eq!(spend.post("/v1/organizations/b/consumptions", "k", &consume).await.unwrap().status, 404);
    assert_eq!(spend.get(&balance("b")).await.unwrap().status, 404);
    let batch = json!({"commands": [{"type": "consume", "organization_id": "b", "idempotency_key": "k", "amount": 1}]});
    let answer = spend.send(spend.request("POST", "/v1/commands").json(&batch)).await.unwrap();
    assert_eq!(answer.body["results"][0]["status"], 404, "{}", answer.body);
    assert_eq!(admin.get(&balance("b")).await.unwrap().body["balance"], 10);
}

/// Every look-up waits for the lock, as for connections that others have, or for a database that hangs.
#[tokio::test(flavor = "multi_thread")]
async fn known_keys_are_answered_while_no_key_can_be_looked_up_and_unknown_ones_crowd_in() {
    const STRANGERS: usize = 1_000;
    let database = support::database().await;
    let node = Node::start(&database.url).await;
    let admin = node.client();
    let (_, secret) = make_key(&admin, json!({"name": "known", "scope": "read"})).await;
    let known = admin.with_key(&secret);
    let path = "/v1/organizations/a/balance?consistency=strong";
    assert_eq!(known.get(path).await.unwrap().status, 404);

    let mut locked = database.pool.begin().await.unwrap();
    sqlx::query("LOCK TABLE store.api_keys IN ACCESS EXCLUSIVE MODE").execute(&mut *locked).await.unwrap();
    let mut crowd = tokio::task::JoinSet::new();
    for stranger in 0..STRANGERS {
        let client = admin.with_key(&format!("clk_{stranger}"));
        crowd.spawn(async move { client.get(path).await.unwrap().status });
    }
    // Longer than a key is believed without asking.
    let begun = Instant::now();
    let mut slowest = Duration::ZERO;
    while begun.elapsed() < Duration::from_secs(9) {
        let asked = Instant::now();
        assert_eq!(known.get(path).await.unwrap().status, 404, "after {:?}", begun.elapsed());
        slowest = slowest.max(asked.elapsed());
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    assert!(slowest < Duration::from_secs(4), "one look-up in vain at most: {slowest:?}");
    assert!(crowd.join_all().await.iter().all(|status| *status == 503), "nobody waits for long");
    locked.rollback().await.unwrap();
    let begun = Instant::now();
    while admin.with_key("clk_0").get(path).await.unwrap().status != 401 {
        assert!(begun.elapsed() < Duration::from_secs(20), "strangers are told so again");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn no_wrong_and_revoked_keys_are_refused_and_secrets_are_not_kept() {
    let database = support::database().await;
    let node = Node::start(&database.url).await;
    let admin = node.client();
    let anonymous = plain().get(format!("{}/v1/organizations/a/balance", node.url())).send().await.unwrap();
    assert_eq!(anonymous.status(), 401);
    assert_eq!(admin.with_key("wrong").get("/v1/organizations/a/balance").await.unwrap().status, 401);

    let (id, secret) = make_key(&admin, json!({"name": "temporary", "scope": "read"})).await;
    let temporary = admin.with_key(&secret);
    assert_eq!(temporary.get("/v1/organizations/a/balance").await.unwrap().status, 404);
    let stored: Vec<String> =
        sqlx::query_scalar("SELECT k::text FROM store.api_keys k").fetch_all(&database.pool).await.unwrap();
    assert!(stored.iter().all(|row| !row.contains(&secret)), "a secret is stored");

    let revoked = admin.send(admin.request("DELETE", &format!("/v1/keys/{id}"))).await.unwrap();
    assert!((200..300).contains(&revoked.status), "{}", revoked.body);
    for _ in 0..100 {
        if temporary.get("/v1/organizations/a/balance").await.unwrap().status == 401 {
            return;
        }
        tokio::time::sleep(std::time::Duration::from_millis(100)).await;
    }
    panic!("the revoked key still works after ten seconds");
}
