//! The dashboard's cookie: the rights of its key, for pages of this server only.

use reqwest::{RequestBuilder, Response};
use serde_json::{Value, json};

use super::{SAME_ORIGIN, ends, grant, make_key};
use crate::support;
use crate::support::http::plain;
use crate::support::node::Node;

fn request(node: &Node, method: &str, path: &str) -> RequestBuilder {
    plain().request(method.parse().unwrap(), format!("{}{path}", node.url()))
}

async fn sign_in(node: &Node, key: &str) -> Response {
    let body = json!({"key": key}).to_string();
    let request = request(node, "POST", "/session").header("Content-Type", "application/json").body(body);
    request.header(SAME_ORIGIN.0, SAME_ORIGIN.1).send().await.unwrap()
}

fn cookie(response: &Response) -> String {
    let set = response.headers()["set-cookie"].to_str().unwrap();
    assert!(set.contains("HttpOnly") && set.contains("SameSite=Strict") && set.contains("Path=/"), "{set}");
    set.split(';').next().unwrap().to_owned()
}

async fn status(request: RequestBuilder) -> u16 {
    request.send().await.unwrap().status().as_u16()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_session_has_the_rights_of_its_key_and_serves_this_site_only() {
    let database = support::database().await;
    let node = Node::start(&database.url).await;
    let admin = node.client();
    grant(&admin, "a", 10).await;
    let (_, key) = make_key(&admin, json!({"scope": "read"})).await;
    let signed_in = sign_in(&node, &key).await;
    let cookie = cookie(&signed_in);
    assert!(!cookie.contains(&key), "the cookie is not the key");
    let who: Value = serde_json::from_str(&signed_in.text().await.unwrap()).unwrap();
    assert_eq!(who["scope"], "read");

    let balance = "/v1/organizations/a/balance?min_sequence=1";
    let grants = "/v1/organizations/a/grants";
    let from = |method: &str, path: &str, site: &str| {
        let request = request(&node, method, path).header("Cookie", &cookie).header("Sec-Fetch-Site", site);
        let body = if method == "POST" { "{\"amount\": 1, \"reason\": \"r\"}" } else { "" };
        let request = if body.is_empty() { request } else { request.header("Content-Type", "application/json") };
        request.header("Idempotency-Key", "k").body(body)
    };
    assert_eq!(status(from("GET", balance, "same-origin")).await, 200);
    assert_eq!(status(from("POST", grants, "same-origin")).await, 403, "a read-only key grants nothing");
    for site in ["cross-site", "same-site"] {
        assert_eq!(status(from("GET", balance, site)).await, 403, "{site}");
        assert_eq!(status(from("POST", grants, site)).await, 403, "{site}");
        assert_eq!(status(from("DELETE", "/session", site)).await, 403, "{site}");
    }
    let foreign = request(&node, "POST", "/session").header("Origin", "https://evil.test");
    assert_eq!(status(foreign.body("{}")).await, 403, "nobody is signed in by another site");

    assert_eq!(status(from("DELETE", "/session", "same-origin")).await, 204);
    assert_eq!(status(from("GET", balance, "same-origin")).await, 401, "signed out");
}

#[tokio::test(flavor = "multi_thread")]
async fn sessions_end_with_their_key_and_hold_the_bootstrap_keys_rights() {
    let database = support::database().await;
    let node = Node::start(&database.url).await;
    let admin = node.client();
    grant(&admin, "a", 10).await;
    let bootstrap = cookie(&sign_in(&node, support::node::ADMIN_KEY).await);
    let session = |cookie: &str| request(&node, "GET", "/session").header("Cookie", cookie.to_owned());
    assert_eq!(status(session(&bootstrap)).await, 200);
    assert_eq!(sign_in(&node, "wrong").await.status(), 401);

    let (id, key) = make_key(&admin, json!({"scope": "command", "organization_id": "a"})).await;
    let bound = cookie(&sign_in(&node, &key).await);
    let who: Value = serde_json::from_str(&session(&bound).send().await.unwrap().text().await.unwrap()).unwrap();
    assert_eq!((&who["scope"], &who["organization_id"]), (&json!("command"), &json!("a")));
    admin.send(admin.request("DELETE", &format!("/v1/keys/{id}"))).await.unwrap();
    ends(&admin.with_key(&key), "/session", "key_revoked").await;
    assert_eq!(status(session(&bound)).await, 401);
    // A session is no key: it works as a cookie only.
    let secret = bootstrap.split_once('=').unwrap().1;
    assert_eq!(admin.with_key(secret).get("/session").await.unwrap().status, 401);
}
