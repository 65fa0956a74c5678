//! What bad input gets: its own code, a sentence, never a 500, and nothing appended.

use serde_json::{Value, json};

use crate::support;
use crate::support::http::Client;
use crate::support::node::Node;

const CONSUME: &str = "/v1/organizations/acme/consumptions";

/// Method, path, body, status, code.
type Row = (&'static str, String, Value, u16, &'static str);

fn post(path: &str, body: Value, status: u16, code: &'static str) -> Row {
    ("POST", path.to_owned(), body, status, code)
}

fn consume(body: Value, code: &'static str) -> Row {
    post(CONSUME, body, 422, code)
}

fn rows() -> Vec<Row> {
    let unknown = "00000000-0000-8000-8000-000000000001";
    let of = |path: &str| format!("/v1/organizations/acme/{path}");
    vec![
        consume(json!({"amount": -1}), "amount_negative"),
        consume(json!({"amount": 0}), "amount_zero"),
        consume(json!({"amount": 1.5}), "amount_fractional"),
        consume(json!({"amount": 9_999_999_999_999_999_999_u64}), "amount_too_large"),
        consume(json!({}), "amount_missing"),
        consume(json!({"amount": "5"}), "amount_not_a_number"),
        consume(json!({"amount": 5, "colour": "red"}), "unknown_field"),
        consume(json!({"operation": "chat", "quantities": {"request": 1}}), "no_price"),
        consume(json!({"amount": 5, "subject": "x".repeat(129)}), "text_too_long"),
        consume(json!({"amount": 5, "metadata": {"a": "\u{0}"}}), "text_nul"),
        consume(json!({"amount": 5, "occurred_at": "2001-01-01T00:00:00Z"}), "invalid_value"),
        post("/v1/organizations/a%20b/consumptions", json!({"amount": 5}), 422, "invalid_organization_id"),
        post(
            &format!("/v1/organizations/{}/consumptions", "x".repeat(65)),
            json!({"amount": 5}),
            422,
            "invalid_organization_id",
        ),
        post(&of("grants"), json!({"amount": 5}), 422, "missing_field"),
        post(&of("grants"), json!({"amount": 5, "reason": "r", "priority": 1001}), 422, "invalid_value"),
        post(
            &of("grants"),
            json!({"amount": 5, "reason": "r", "expires_at": "2001-01-01T00:00:00Z"}),
            422,
            "invalid_value",
        ),
        post(&of(&format!("grants/{unknown}/void")), json!({"reason": "r"}), 404, "grant_not_found"),
        post(&of("grants/seven/void"), json!({"reason": "r"}), 422, "invalid_id"),
        post(&of("purchases"), json!({"package_id": "p", "payment_reference": "r"}), 422, "no_such_package"),
        post(&of(&format!("purchases/{unknown}/refund")), json!({"reason": "r"}), 404, "purchase_not_found"),
        post(&of(&format!("consumptions/{unknown}/refund")), json!({"reason": "r"}), 404, "consumption_not_found"),
        post(&of("reservations"), json!({"amount": 5, "expires_in_seconds": 2_592_001}), 422, "invalid_value"),
        post(&of(&format!("reservations/{unknown}/confirm")), json!({}), 404, "reservation_not_found"),
        post(&of(&format!("reservations/{unknown}/cancel")), json!({}), 404, "reservation_not_found"),
        post(&of("adjustments"), json!({"amount": 0, "reason": "r"}), 422, "amount_zero"),
        ("PUT", of("settings"), json!({"overdraft_limit": -1}), 422, "amount_negative"),
        post("/v1/commands", json!({"commands": vec![json!({}); 1001]}), 422, "too_many_commands"),
        post("/v1/nothing/here", json!({}), 404, "route_not_found"),
        ("DELETE", CONSUME.to_owned(), json!({}), 405, "method_not_allowed"),
    ]
}

#[tokio::test(flavor = "multi_thread")]
async fn each_mistake_has_its_code_and_appends_nothing() {
    let database = support::database().await;
    let node = Node::start(&database.url).await;
    let client = node.client();
    for (number, (method, path, body, status, code)) in rows().into_iter().enumerate() {
        let request = client.request(method, &path).header("Idempotency-Key", format!("bad-{number}")).json(&body);
        let answer = client.send(request).await.expect("the server answers");
        let context = format!("{method} {path} {body} -> {}", answer.body);
        assert_eq!((answer.status, answer.body["code"].as_str()), (status, Some(code)), "{context}");
        assert_problem(&answer.body, status, &context);
    }
    for (request, status, code) in odd_requests(&client) {
        let answer = client.send(request).await.expect("the server answers");
        assert_eq!((answer.status, answer.body["code"].as_str()), (status, Some(code)), "{}", answer.body);
        assert_problem(&answer.body, status, code);
    }
    let events: i64 = sqlx::query_scalar("SELECT count(*) FROM store.events").fetch_one(&database.pool).await.unwrap();
    assert_eq!(events, 0, "something was appended");
}

/// Requests that are wrong in their form.
fn odd_requests(client: &Client) -> Vec<(reqwest::RequestBuilder, u16, &'static str)> {
    let keyed = || client.request("POST", CONSUME).header("Idempotency-Key", "odd");
    let typed = |body: Vec<u8>| keyed().header("Content-Type", "application/json").body(body);
    vec![
        (client.request("POST", CONSUME).json(&json!({"amount": 5})), 400, "idempotency_key_required"),
        (
            client.request("POST", CONSUME).header("Idempotency-Key", "k".repeat(256)).json(&json!({"amount": 5})),
            400,
            "invalid_idempotency_key",
        ),
        (typed(b"{\"amount\": 5".to_vec()), 400, "malformed_json"),
        (typed(b"\xff\xfe".to_vec()), 400, "malformed_json"),
        (typed(b"{\"amount\": 5, \"amount\": 6}".to_vec()), 422, "duplicate_field"),
        (typed(vec![b' '; 1024 * 1024 + 1]), 413, "body_too_large"),
        (keyed().header("Content-Type", "text/plain").body("{\"amount\": 5}"), 415, "unsupported_media_type"),
    ]
}

fn assert_problem(body: &Value, status: u16, context: &str) {
    assert_eq!(body["status"], status, "{context}");
    for field in ["type", "title", "detail"] {
        assert!(body[field].as_str().is_some_and(|text| !text.is_empty()), "{context}: no {field}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn states_that_forbid_a_command_say_so() {
    let database = support::database().await;
    let node = Node::start(&database.url).await;
    let client = node.client();
    let of = |path: &str| format!("/v1/organizations/acme/{path}");
    let send = async |path: &str, key: &str, body: Value| {
        client.post(&of(path), key, &body).await.expect("the server answers")
    };

    let refused = send("consumptions", "c0", json!({"amount": 50})).await;
    assert_eq!(refused.status, 402);
    assert_eq!(refused.body["error"], "Insufficient credits");
    assert_eq!((&refused.body["required"], &refused.body["balance"]), (&json!(50), &json!(0)));

    assert_eq!(send("grants", "g", json!({"amount": 100, "reason": "r"})).await.status, 201);
    let consumed = send("consumptions", "c1", json!({"amount": 10})).await;
    let id = consumed.body["id"].as_str().expect("an id").to_owned();
    let too_much = send(&format!("consumptions/{id}/refund"), "r1", json!({"amount": 11, "reason": "r"})).await;
    assert_eq!((too_much.status, too_much.body["code"].as_str()), (422, Some("refund_exceeds_consumption")));
    assert_eq!(too_much.body["refundable"], 10);

    let reserved = send("reservations", "v1", json!({"amount": 10})).await;
    let id = reserved.body["id"].as_str().expect("an id").to_owned();
    assert_eq!(send(&format!("reservations/{id}/cancel"), "v2", json!({})).await.status, 200);
    let late = send(&format!("reservations/{id}/confirm"), "v3", json!({})).await;
    assert_eq!((late.status, late.body["code"].as_str()), (409, Some("reservation_already_cancelled")));

    let sequence: i64 =
        sqlx::query_scalar("SELECT max(sequence) FROM store.events").fetch_one(&database.pool).await.unwrap();
    assert_eq!(sequence, 4, "a refusal was appended");
}
