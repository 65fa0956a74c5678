//! Who may follow what, and for how long.

use std::time::Duration;

use serde_json::{Value, json};

use super::follower::Follower;
use super::writer::{fund, spend};
use crate::support;
use crate::support::http::Client;
use crate::support::node::Node;

async fn make_key(client: &Client, body: Value) -> (String, Client) {
    let answer = client.send(client.request("POST", "/v1/keys").json(&body)).await.unwrap();
    assert_eq!(answer.status, 201, "{}", answer.body);
    (answer.body["id"].as_str().unwrap().to_owned(), client.with_key(answer.body["key"].as_str().unwrap()))
}

#[tokio::test(flavor = "multi_thread")]
async fn a_bound_key_follows_its_own_organization_only() {
    let database = support::database().await;
    let node = Node::start(&database.url).await;
    let admin = node.client();
    fund(&admin).await;
    spend(&admin, "s", 90).await;
    let (_, bound) = make_key(&admin, json!({"scope": "read", "organization_id": "org-1"})).await;
    let (_, reader) = make_key(&admin, json!({"scope": "read"})).await;

    assert_eq!(reader.get("/v1/events?limit=1000").await.unwrap().body["data"].as_array().unwrap().len(), 99);
    for path in ["/v1/events?limit=1000", "/v1/events?limit=1000&organization_id=org-1"] {
        let page = bound.get(path).await.unwrap();
        let sources: Vec<_> = page.body["data"].as_array().unwrap().iter().map(|event| &event["source"]).collect();
        assert_eq!(sources, vec!["/v1/organizations/org-1"; 11], "{path}");
    }
    for path in ["/v1/events?organization_id=org-2", "/v1/organizations/org-2/events"] {
        let answer = bound.get(path).await.unwrap();
        assert_eq!((answer.status, answer.body["code"].as_str()), (404, Some("organization_not_found")), "{path}");
        assert_eq!(Follower::open(&bound, path, None).await.err(), Some(404), "{path}");
    }
    // From the log and live.
    let mut follower = Follower::open(&bound, "/v1/events", None).await.unwrap();
    let mut seen = follower.take_many(11).await;
    spend(&admin, "t", 90).await;
    seen.extend(follower.take_many(10).await);
    assert!(seen.iter().all(|event| event["source"] == "/v1/organizations/org-1"));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stream_ends_when_its_key_is_revoked() {
    let database = support::database().await;
    let node = Node::start(&database.url).await;
    let admin = node.client();
    fund(&admin).await;
    let (id, reader) = make_key(&admin, json!({"scope": "read"})).await;
    let mut follower = Follower::open(&reader, "/v1/events", None).await.unwrap();
    follower.take_many(9).await;
    let revoked = admin.send(admin.request("DELETE", &format!("/v1/keys/{id}"))).await.unwrap();
    assert_eq!(revoked.status, 200);
    let ended = tokio::time::timeout(Duration::from_secs(12), follower.next()).await;
    assert_eq!(ended.expect("the stream of a revoked key goes on"), None);
    assert_eq!(Follower::open(&reader, "/v1/events", follower.last_id.as_deref()).await.err(), Some(401));
}
