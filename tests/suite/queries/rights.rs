//! Who may ask what: bound keys see their own organization, and cannot tell another from one that does not exist.

use serde_json::{Value, json};

use super::fixture::{Server, column};

async fn key(server: &Server, body: Value) -> String {
    let answer = server.client.send(server.client.request("POST", "/v1/keys").json(&body)).await.unwrap();
    answer.body["key"].as_str().expect("a key").to_owned()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_bound_key_sees_its_own_organization_and_no_other() {
    let server = Server::start().await;
    for org in ["acme", "acme-2", "globex"] {
        server.busy(org).await;
        server.get(&format!("/v1/organizations/{org}/balance")).await;
    }
    let bound = key(&server, json!({"name": "b", "scope": "read", "organization_id": "acme"})).await;
    let bound = server.client.with_key(&bound);
    let queries = [
        "balance",
        "balance?consistency=strong",
        "balance?at=2026-01-01T00:00:00Z",
        "transactions",
        "grants",
        "reservations",
        "purchases",
        "usage",
        "forecast",
    ];
    for query in queries {
        let own = bound.get(&format!("/v1/organizations/acme/{query}")).await.unwrap();
        assert!(own.status == 200 || query.contains("at="), "{query}: {}", own.body);
        for other in ["globex", "nobody"] {
            let foreign = bound.get(&format!("/v1/organizations/{other}/{query}")).await.unwrap();
            let seen = (foreign.status, foreign.body["code"].clone());
            assert_eq!(seen, (404, json!("organization_not_found")), "{other}/{query}");
        }
    }
    let own = bound.get("/v1/organizations").await.unwrap();
    assert_eq!(column(own.body["data"].as_array().unwrap(), "organization_id"), [json!("acme")]);
    assert_eq!(bound.get("/v1/organizations?prefix=glo").await.unwrap().body["data"], json!([]));

    let ids = |rows: &[Value]| column(rows, "organization_id");
    assert_eq!(ids(&server.all("/v1/organizations", 1).await), [json!("acme"), json!("acme-2"), json!("globex")]);
    assert_eq!(ids(&server.all("/v1/organizations?prefix=acme", 1).await), [json!("acme"), json!("acme-2")]);
    assert_eq!(server.refused("/v1/organizations?prefix=%25").await, (422, "invalid_organization_id".to_owned()));
}
