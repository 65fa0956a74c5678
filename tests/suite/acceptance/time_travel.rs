//! Time alone moves credits: the sweeper settles what falls due, commands find it settled.

use std::time::{Duration, Instant};

use serde_json::{Value, json};

use crate::support;
use crate::support::http::Client;
use crate::support::node::Node;

/// Within this long after it fell due, a fact of an idle organization is in the log (CORRECTNESS C13), with room for a
/// slow machine.
const SETTLED_WITHIN: Duration = Duration::from_secs(8);

async fn types(client: &Client) -> Vec<String> {
    let page = client.get("/v1/organizations/acme/events?limit=100").await.expect("answered").body;
    let name =
        |event: &Value| event["type"].as_str().unwrap_or_default().rsplit('.').next().unwrap_or_default().to_owned();
    page["data"].as_array().unwrap_or_else(|| panic!("no list: {page}")).iter().map(name).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn c13_idle_organizations_settle_by_themselves_and_c14_late_confirmations_are_refused() {
    let database = support::database().await;
    let clock = tempfile::NamedTempFile::new().expect("a file");
    std::fs::write(clock.path(), "0").expect("written");
    let path = clock.path().to_str().expect("UTF-8").to_owned();
    let node = Node::start_with(&database.url, &[("CREDIT_LEDGER_TEST_CLOCK_FILE", &path)]).await;
    let client = node.client();
    let send = async |path: &str, key: &str, body: Value| {
        client.post(&format!("/v1/organizations/acme/{path}"), key, &body).await.expect("answered")
    };
    let grant = json!({"amount": 100, "reason": "trial", "expires_in_seconds": 3600});
    assert_eq!(send("grants", "g", grant).await.status, 201);
    let reserved = send("reservations", "r", json!({"amount": 30, "expires_in_seconds": 900})).await;
    let id = reserved.body["id"].as_str().expect("an id").to_owned();

    std::fs::write(clock.path(), "7200").expect("written");
    let moved = Instant::now();
    while !types(&client).await.iter().any(|name| name == "BalanceExhausted") {
        assert!(moved.elapsed() < SETTLED_WITHIN, "not settled: {:?}", types(&client).await);
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    assert_eq!(
        types(&client).await,
        [
            "CreditsGranted",
            "CreditsReserved",
            "ReservationExpired",
            "GrantExpired",
            "LowBalanceReached",
            "BalanceExhausted"
        ]
    );

    let late = send(&format!("reservations/{id}/confirm"), "late", json!({})).await;
    assert_eq!((late.status, late.body["code"].as_str()), (409, Some("reservation_expired")));
    let figures = client.get("/v1/organizations/acme/balance?consistency=strong").await.expect("answered").body;
    assert_eq!((&figures["balance"], &figures["reserved"]), (&json!(0), &json!(0)));
}
