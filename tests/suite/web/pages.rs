//! Headers: of pages, of files, and for pages of other origins.

use http::Method;

use crate::support;
use crate::support::http::plain;
use crate::support::node::Node;

const APP: &str = "https://app.example.com";

#[tokio::test(flavor = "multi_thread")]
async fn other_origins_read_answers_only_where_they_are_allowed() {
    let database = support::database().await;
    let node = Node::start_with(&database.url, &[("CREDIT_LEDGER_ALLOWED_ORIGINS", APP)]).await;
    let http = plain();
    let url = format!("{}/v1/organizations/a/balance", node.url());
    for (origin, allowed) in [(APP, true), ("https://evil.test", false), ("null", false)] {
        let preflight = http.request(Method::OPTIONS, &url).header("Origin", origin);
        let preflight = preflight.header("Access-Control-Request-Method", "GET").send().await.unwrap();
        assert_eq!(preflight.status() == 204, allowed, "{origin}");
        let answer = http.get(&url).header("Origin", origin).send().await.unwrap();
        for headers in [preflight.headers(), answer.headers()] {
            let sent = headers.get("access-control-allow-origin").map(|value| value.to_str().unwrap());
            assert_eq!(sent, allowed.then_some(origin));
            assert!(!headers.contains_key("access-control-allow-credentials"), "cookies never come along");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn pages_have_a_strict_policy_and_billing_alone_is_framed_by_allowed_origins() {
    let database = support::database().await;
    let node = Node::start_with(&database.url, &[("CREDIT_LEDGER_ALLOWED_ORIGINS", APP)]).await;
    for (path, ancestors) in [
        ("/", "frame-ancestors 'none'".to_owned()),
        ("/organizations/acme", "frame-ancestors 'none'".to_owned()),
        ("/billing", format!("frame-ancestors 'self' {APP}")),
    ] {
        // Built or not, which is the same to its headers.
        let answer = plain().get(format!("{}{path}", node.url())).send().await.unwrap();
        let policy = answer.headers()["content-security-policy"].to_str().unwrap().to_owned();
        assert!(policy.starts_with("default-src 'none';") && policy.ends_with(&ancestors), "{path}: {policy}");
        assert!(!policy.contains("unsafe"), "{policy}");
        assert!(answer.text().await.unwrap().contains("Credit Ledger"), "{path}");
    }
    assert_eq!(plain().get(format!("{}/assets/none.js", node.url())).send().await.unwrap().status(), 404);
    assert_eq!(plain().get(format!("{}/unknown", node.url())).send().await.unwrap().status(), 404);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_not_an_origin_is_refused_at_the_start() {
    let database = support::database().await;
    let mut serve = support::node::binary();
    serve.args(["serve", "--listen", "127.0.0.1:0", "--allowed-origins", "*"]).env("DATABASE_URL", &database.url);
    let output = tokio::task::spawn_blocking(move || serve.output().unwrap()).await.unwrap();
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(output.status.code() == Some(2) && said.contains("CREDIT_LEDGER_ALLOWED_ORIGINS"), "{said}");
}
