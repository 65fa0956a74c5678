//! The first evening: what `serve --demo` prints on a simulation buys credits.

use std::io::{BufRead, BufReader};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use serde_json::Value;
use stripe_fake::{Endpoint, Fake, Settings};

use crate::support;
use crate::support::http::{Client, plain};
use crate::support::node::{ADMIN_KEY, binary};

/// A port that is free now, for an address that has to be known before the server starts.
fn free_address() -> String {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    listener.local_addr().unwrap().to_string()
}

#[tokio::test(flavor = "multi_thread")]
async fn the_printed_purchase_leads_to_a_page_and_paying_there_brings_credits() {
    let database = support::database().await;
    let address = free_address();
    let url = format!("http://{address}/v1/webhooks/stripe");
    let endpoint = Endpoint { url, secrets: vec!["whsec_simulation".to_owned()], types: Vec::new() };
    let fake = Fake::start(Settings { endpoints: vec![endpoint], ..Settings::default() }).await.unwrap();
    let mut command = binary();
    command.args(["serve", "--demo", "--listen", &address]).env("DATABASE_URL", &database.url);
    command.env("CREDIT_LEDGER_ADMIN_KEY", ADMIN_KEY).env("STRIPE_SECRET_KEY", "sk_test_simulation");
    command.env("STRIPE_WEBHOOK_SECRETS", "whsec_simulation").env("STRIPE_API_BASE", fake.url());
    command.env("CREDIT_LEDGER_ALLOWED_ORIGINS", format!("http://{address}"));
    let mut server = command.stdin(Stdio::null()).stdout(Stdio::piped()).spawn().unwrap();
    let lines = BufReader::new(server.stdout.take().unwrap()).lines();
    let printed = tokio::task::spawn_blocking(move || {
        lines.map_while(Result::ok).find(|line| line.starts_with("curl") && line.contains("checkout-sessions"))
    });
    let line = printed.await.unwrap().expect("a request to buy is printed");
    let output = Command::new("sh").args(["-c", &line]).output().unwrap();
    let answer: Value = serde_json::from_slice(&output.stdout).expect("an answer");

    let page = answer["url"].as_str().unwrap_or_else(|| panic!("{answer}"));
    let shown = plain().get(page).send().await.unwrap().text().await.unwrap();
    assert!(shown.contains("SIMULATION") && shown.contains("Starter") && shown.contains("10.00 USD"), "{shown}");
    let form = plain().post(page).header("content-type", "application/x-www-form-urlencoded");
    let back = form.body("card=pm_card_visa&action=pay").send().await.unwrap();
    assert!(back.url().as_str().starts_with(&format!("http://{address}/docs")), "{}", back.url());
    let session = answer["checkout_session_id"].as_str().unwrap();
    assert!(fake.with(|world| world.sessions.get(session).unwrap().paid));

    let client = Client::new(&format!("http://{address}"), ADMIN_KEY);
    let path = format!("/v1/organizations/acme/purchases/{}", answer["purchase_id"].as_str().unwrap());
    let begun = Instant::now();
    while client.get(&path).await.unwrap().body["status"] != "completed" {
        assert!(begun.elapsed() < Duration::from_secs(10), "the credits do not come");
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    server.kill().unwrap();
    server.wait().unwrap();
}
