//! What browsers are given: tokens for end customers' pages, sessions of the dashboard, CORS, and the pages themselves.

mod pages;
mod sessions;
mod tokens;

use serde_json::{Value, json};

use crate::support::http::Client;

/// The browser's side of a request that our own page makes.
const SAME_ORIGIN: (&str, &str) = ("sec-fetch-site", "same-origin");

async fn grant(admin: &Client, organization: &str, amount: i64) {
    let body = json!({"amount": amount, "reason": "r"});
    let answer = admin.post(&format!("/v1/organizations/{organization}/grants"), &format!("g{amount}"), &body).await;
    assert_eq!(answer.unwrap().status, 201);
}

async fn make_key(admin: &Client, body: Value) -> (String, String) {
    let answer = admin.send(admin.request("POST", "/v1/keys").json(&body)).await.unwrap();
    assert_eq!(answer.status, 201, "{}", answer.body);
    (answer.body["id"].as_str().unwrap().to_owned(), answer.body["key"].as_str().unwrap().to_owned())
}

/// Waits until what was revoked is not believed any more.
async fn ends(client: &Client, path: &str, code: &str) {
    for _ in 0..100 {
        let answer = client.get(path).await.unwrap();
        if answer.status == 401 {
            assert_eq!(answer.body["code"], code);
            return;
        }
        tokio::time::sleep(std::time::Duration::from_millis(100)).await;
    }
    panic!("it still works after ten seconds");
}
