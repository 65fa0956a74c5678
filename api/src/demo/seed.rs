//! A few organizations to look at, in the states that an operator meets: in use, running low, in debt, refunded.
//!
//! Invariant: every command has a fixed key, so that a second seeding changes nothing.

use serde_json::{Value, json};

use super::client::Client;

/// Keeps the open reservation open for as long as a reservation may last.
const THIRTY_DAYS_SECONDS: u32 = 30 * 24 * 60 * 60;

/// One command of the seed. A path may name the id that an earlier command of the same organization made.
struct Step {
    organization: &'static str,
    key: &'static str,
    /// Below the organization; `{id}` is the id in the answer to the command with the key `of`.
    path: &'static str,
    of: Option<&'static str>,
    body: Value,
}

/// Gives the server its demo organizations.
///
/// # Errors
/// The server refuses a command or gives no outcome.
pub async fn seed(base_url: &str, key: &str) -> anyhow::Result<()> {
    let client = Client::try_new(base_url, key)?;
    let mut made: Vec<(&str, &str, String)> = Vec::new();
    for step in steps() {
        let id = step
            .of
            .and_then(|of| made.iter().find(|(organization, key, _)| (*organization, *key) == (step.organization, of)));
        let path = match id {
            Some((_, _, id)) => step.path.replace("{id}", id),
            None => step.path.to_owned(),
        };
        let path = format!("/v1/organizations/{}/{path}", step.organization);
        let reply = client.post(&path, &format!("demo-{}", step.key), &step.body).await?;
        anyhow::ensure!(matches!(reply.status, 200 | 201), "{path} was answered {}: {}", reply.status, reply.body);
        if let Ok(id) = reply.id() {
            made.push((step.organization, step.key, id.to_owned()));
        }
    }
    Ok(())
}

fn step(organization: &'static str, key: &'static str, path: &'static str, body: Value) -> Step {
    Step { organization, key, path, of: None, body }
}

fn step_of(organization: &'static str, key: &'static str, path: &'static str, of: &'static str, body: Value) -> Step {
    Step { organization, key, path, of: Some(of), body }
}

fn steps() -> Vec<Step> {
    let mut steps = in_use();
    steps.extend(running_low());
    steps.extend(in_debt());
    steps.extend(refunded());
    steps
}

/// Bought and given credits, spent at once and by reservation, with one reservation open.
fn in_use() -> Vec<Step> {
    let purchase = json!({
        "credits": 50_000,
        "price": { "amount_minor": 50_000, "currency": "usd" },
        "payment_reference": "invoice-1001",
    });
    let grant = json!({ "amount": 1_000, "reason": "welcome", "expires_in_seconds": THIRTY_DAYS_SECONDS });
    let consumption = json!({
        "amount": 150,
        "operation": "chat.completion",
        "quantities": { "input_tokens": 120, "output_tokens": 30 },
        "subject": "user-1",
    });
    let reservation = json!({ "amount": 2_000, "operation": "image.generation", "subject": "user-2" });
    let open = json!({
        "amount": 750,
        "operation": "batch.embedding",
        "expires_in_seconds": THIRTY_DAYS_SECONDS,
        "over": "take_available",
    });
    vec![
        step("acme", "purchase", "purchases", purchase),
        step("acme", "welcome", "grants", grant),
        step("acme", "chat", "consumptions", consumption),
        step("acme", "image", "reservations", reservation),
        step_of("acme", "image-done", "reservations/{id}/confirm", "image", json!({ "amount": 1_600 })),
        step("acme", "embedding", "reservations", open),
    ]
}

/// One consumption away from the end of its credits.
fn running_low() -> Vec<Step> {
    vec![
        step("globex", "grant", "grants", json!({ "amount": 1_000, "category": "paid", "reason": "invoice 7" })),
        step("globex", "export", "consumptions", json!({ "amount": 960, "operation": "report.export" })),
    ]
}

/// Work that cost more than was reserved, and more than there was.
fn in_debt() -> Vec<Step> {
    let reservation = json!({ "amount": 400, "operation": "video.render", "over": "overdraft" });
    vec![
        step("initech", "grant", "grants", json!({ "amount": 500, "reason": "trial" })),
        step("initech", "render", "reservations", reservation),
        step_of("initech", "render-done", "reservations/{id}/confirm", "render", json!({ "amount": 620 })),
    ]
}

/// A consumption of which half was given back.
fn refunded() -> Vec<Step> {
    let refund = json!({ "amount": 100, "reason": "half of the pages were blank" });
    vec![
        step("hooli", "grant", "grants", json!({ "amount": 5_000, "category": "paid", "reason": "invoice 12" })),
        step("hooli", "scan", "consumptions", json!({ "amount": 200, "operation": "page.scan" })),
        step_of("hooli", "scan-refund", "consumptions/{id}/refund", "scan", refund),
    ]
}

/// What to type next: three lines that work as printed.
#[must_use]
pub fn next_steps(base_url: &str, key: &str) -> String {
    let base = base_url.trim_end_matches('/');
    let authorization = format!("-H 'Authorization: Bearer {key}'");
    let spend = r#"-H 'Content-Type: application/json' -H 'Idempotency-Key: my-first-call' -d '{"amount": 50}'"#;
    format!(
        "curl -s {authorization} '{base}/v1/organizations/acme/balance?consistency=strong'\n\
         curl -s {authorization} {spend} '{base}/v1/organizations/acme/consumptions'\n\
         curl -s {authorization} '{base}/v1/organizations/acme/events?limit=5'\n"
    )
}
