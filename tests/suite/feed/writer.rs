//! Events to be followed.

use std::time::Duration;

use serde_json::{Value, json};

use crate::support::http::Client;

/// Commands of one request.
const BATCH: usize = 500;

/// Organizations that fall into every partition.
pub fn organizations() -> Vec<String> {
    (0..9).map(|n| format!("org-{n}")).collect()
}

/// Grants each organization enough for everything that a test spends: nine events or more.
pub async fn fund(client: &Client) {
    for organization in organizations() {
        let path = format!("/v1/organizations/{organization}/grants");
        let body = json!({"amount": 1_000_000_000, "reason": "test"});
        assert_eq!(client.post(&path, "fund", &body).await.unwrap().status, 201);
    }
}

/// Spends `count` times one credit, turn by turn, under keys that begin with `name`; answers once all are durable.
pub async fn spend(client: &Client, name: &str, count: usize) {
    spend_on(&|| client.clone(), name, count).await;
}

/// As [`spend`], on whatever server there is at the time.
pub async fn spend_on(server: &impl Fn() -> Client, name: &str, count: usize) {
    let organizations = organizations();
    for first in (0..count).step_by(BATCH) {
        let numbers = first..count.min(first + BATCH);
        let command = |n: usize| {
            let organization = &organizations[n % organizations.len()];
            json!({"type": "consume", "organization_id": organization, "idempotency_key": format!("{name}-{n}"),
                   "amount": 1})
        };
        until_done(server, &json!({"commands": numbers.map(command).collect::<Vec<_>>()})).await;
    }
}

/// Sends the same batch until every command has its outcome.
async fn until_done(server: &impl Fn() -> Client, batch: &Value) {
    for _ in 0..1000 {
        let client = server();
        let sent = client.send(client.request("POST", "/v1/commands").json(batch)).await;
        if let Ok(answer) = sent
            && answer.status == 200
            && answer.body["results"].as_array().unwrap().iter().all(|result| result["status"] == 201)
        {
            return;
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    panic!("a batch got no answer");
}
