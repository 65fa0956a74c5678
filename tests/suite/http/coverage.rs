//! Every operation of the API stands in the tables of this suite: a new one cannot go untested.

use serde_json::Value;

use crate::support;
use crate::support::http::plain;
use crate::support::node::Node;

/// Takes no key but a signature (`payments::inbox` tries it); this server has no account that could have signed.
pub const SIGNED: &str = "POST /v1/webhooks/stripe";

/// Operations whose rights, mistakes or replays a test of this folder, of `queries`, `notifications` or `web` tries.
const COVERED: &[&str] = &[
    "GET /healthz",
    "GET /readyz",
    "GET /metrics",
    "POST /v1/commands",
    "GET /v1/events",
    "GET /v1/packages",
    "POST /v1/packages",
    "GET /v1/packages/{id}",
    "PATCH /v1/packages/{id}",
    "POST /v1/packages/{id}/retire",
    "GET /v1/packages/{id}/history",
    "GET /v1/price-book",
    "PUT /v1/price-book",
    "GET /v1/price-book/scale",
    "GET /v1/price-book/versions",
    "GET /v1/price-book/diff",
    "POST /v1/estimates",
    "GET /v1/notification-endpoints",
    "POST /v1/notification-endpoints",
    "GET /v1/notification-endpoints/{id}",
    "PATCH /v1/notification-endpoints/{id}",
    "DELETE /v1/notification-endpoints/{id}",
    "POST /v1/notification-endpoints/{id}/rotate-secret",
    "POST /v1/notification-endpoints/{id}/test",
    "GET /v1/notification-endpoints/{id}/deliveries",
    "POST /v1/notification-endpoints/{id}/resend",
    "GET /v1/keys",
    "POST /v1/keys",
    "DELETE /v1/keys/{id}",
    "POST /v1/organizations/{org}/grants",
    "GET /v1/organizations/{org}/grants/{id}",
    "POST /v1/organizations/{org}/grants/{id}/void",
    "POST /v1/organizations/{org}/purchases",
    "GET /v1/organizations/{org}/purchases/{id}",
    "POST /v1/organizations/{org}/purchases/{id}/refund",
    "POST /v1/organizations/{org}/checkout-sessions",
    "POST /v1/webhooks/stripe",
    "POST /v1/organizations/{org}/consumptions",
    "GET /v1/organizations/{org}/consumptions/{id}",
    "POST /v1/organizations/{org}/consumptions/{id}/refund",
    "POST /v1/organizations/{org}/reservations",
    "GET /v1/organizations/{org}/reservations/{id}",
    "POST /v1/organizations/{org}/reservations/{id}/confirm",
    "POST /v1/organizations/{org}/reservations/{id}/cancel",
    "POST /v1/organizations/{org}/adjustments",
    "GET /v1/organizations/{org}/recurring-grant",
    "PUT /v1/organizations/{org}/recurring-grant",
    "GET /v1/organizations/{org}/auto-recharge",
    "PUT /v1/organizations/{org}/auto-recharge",
    "POST /v1/organizations/{org}/auto-recharge/resume",
    "GET /v1/organizations/{org}/settings",
    "PUT /v1/organizations/{org}/settings",
    "GET /v1/organizations/{org}/balance",
    "GET /v1/organizations",
    "GET /v1/organizations/{org}/transactions",
    "GET /v1/organizations/{org}/grants",
    "GET /v1/organizations/{org}/reservations",
    "GET /v1/organizations/{org}/purchases",
    "GET /v1/organizations/{org}/usage",
    "GET /v1/organizations/{org}/forecast",
    "GET /v1/organizations/{org}/events",
    "GET /v1/organizations/{org}/commands/{idempotency_key}",
    "POST /v1/organizations/{org}/browser-tokens",
    "DELETE /v1/organizations/{org}/browser-tokens/{id}",
    "POST /session",
    "GET /session",
    "DELETE /session",
];

#[tokio::test(flavor = "multi_thread")]
async fn every_operation_is_covered_and_refuses_callers_without_a_key() {
    let database = support::database().await;
    let node = Node::start(&database.url).await;
    let text = plain().get(format!("{}/openapi.json", node.url())).send().await.unwrap().text().await.unwrap();
    let document: Value = serde_json::from_str(&text).unwrap();
    let http = plain();
    let mut seen = Vec::new();
    for (path, operations) in document["paths"].as_object().expect("paths") {
        for method in operations.as_object().expect("operations").keys().filter(|name| *name != "parameters") {
            let operation = format!("{} {path}", method.to_uppercase());
            assert!(COVERED.contains(&operation.as_str()), "{operation} is in no table of tests/suite");
            if path.starts_with("/v1/") {
                let url = format!("{}{}", node.url(), path.replace(['{', '}'], "x"));
                let answer = http.request(method.to_uppercase().parse().unwrap(), url).send().await.unwrap();
                assert_eq!(answer.status(), if operation == SIGNED { 501 } else { 401 }, "{operation}");
            }
            seen.push(operation);
        }
    }
    let missing: Vec<_> = COVERED.iter().filter(|row| !seen.iter().any(|operation| operation == **row)).collect();
    assert!(missing.is_empty(), "not in the API's document: {missing:?}");
}
