//! Queries by somebody who means harm, or writes what nobody thought of.

use std::time::{Duration, Instant};

use projections::queries::cursor::Walk;
use projections::queries::{GrantFilter, GrantOrder, OrganizationFilter, TransactionFilter};
use serde_json::{Value, json};

use super::fixture::Server;

#[tokio::test(flavor = "multi_thread")]
async fn a_forged_cursor_is_a_bad_request_and_no_failure() {
    let server = Server::start().await;
    server.send("acme", "grants", "g", json!({"amount": 5, "reason": "r"})).await;
    let transactions = Walk::of("transactions", "acme", &TransactionFilter::default());
    let grants = Walk::of("grants", "acme", &GrantFilter { status: None, order: GrantOrder::Expiry });
    let organizations = Walk::of("organizations", "", &OrganizationFilter::default());
    for (path, cursor) in [
        ("/v1/organizations/acme/transactions", transactions.cursor(&("-200000-01-01T00:00:00Z", 1))),
        ("/v1/organizations/acme/transactions", transactions.cursor(&("+262142-01-01T00:00:00Z", i64::MIN))),
        ("/v1/organizations/acme/grants?order=expiry", grants.cursor(&("-262142-01-01T00:00:00Z", uuid::Uuid::nil()))),
        ("/v1/organizations", organizations.cursor(&"a\0b")),
    ] {
        let path = super::fixture::page_path(path, 10, Some(&cursor));
        let answer = server.client.get(&path).await.unwrap();
        let is_refused = answer.status == 400 && answer.body["code"] == "cursor_malformed";
        assert!(is_refused || answer.status == 200, "{path}: {} {}", answer.status, answer.body);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_filter_in_any_alphabet_has_a_next_page() {
    let server = Server::start().await;
    server.send("acme", "grants", "g", json!({"amount": 500, "reason": "r"})).await;
    let mut last = Value::Null;
    for n in 0..3 {
        let consumed = json!({"amount": 1, "operation": "\u{fc}bersetzen"});
        last = server.send("acme", "consumptions", &format!("c{n}"), consumed).await["sequence"].clone();
    }
    // As curl sends it, whatever a standard says of that.
    let path = format!("/v1/organizations/acme/transactions?operation=\u{fc}bersetzen&limit=2&min_sequence={last}");
    let text = raw(&server, &path).await;
    assert!(text.starts_with("HTTP/1.1 200"), "{text}");
    let link = text.lines().find_map(|line| line.strip_prefix("link: <")).expect("another page");
    let (next, _) = link.split_once('>').unwrap();
    let (rows, _) = server.csv(next).await;
    assert_eq!(rows.lines().count(), 2, "a header and the third row: {rows}");
}

/// What a server answers to bytes that a client would have written otherwise.
async fn raw(server: &Server, path: &str) -> String {
    use tokio::io::{AsyncReadExt, AsyncWriteExt};
    let address = server.node.url().trim_start_matches("http://").to_owned();
    let mut stream = tokio::net::TcpStream::connect(address).await.unwrap();
    let key = crate::support::node::ADMIN_KEY;
    let request = format!(
        "GET {path} HTTP/1.1\r\nHost: x\r\nAccept: text/csv\r\nAuthorization: Bearer {key}\r\nConnection: close\r\n\r\n"
    );
    stream.write_all(request.as_bytes()).await.unwrap();
    let mut text = String::new();
    stream.read_to_string(&mut text).await.unwrap();
    text
}

#[tokio::test(flavor = "multi_thread")]
async fn credits_that_came_back_as_a_grant_of_their_own_are_found_by_its_id() {
    let server = Server::start().await;
    let short = json!({"amount": 50, "reason": "short", "expires_in_seconds": 1});
    server.send("acme", "grants", "g", short).await;
    let consumed = server.send("acme", "consumptions", "c", json!({"amount": 20})).await;
    tokio::time::sleep(Duration::from_millis(1_200)).await;
    let path = format!("consumptions/{}/refund", consumed["id"].as_str().unwrap());
    let refunded = server.send("acme", &path, "r", json!({"amount": 20, "reason": "late"})).await;
    let sequence = refunded["sequence"].as_u64().unwrap();
    let page = server.get(&format!("/v1/organizations/acme/grants?min_sequence={sequence}")).await;
    let lots = page["data"].as_array().unwrap();
    let restored = lots.iter().find(|lot| lot["cause"] == "refund").expect("a lot of its own");
    let grant = server.get(&format!("/v1/organizations/acme/grants/{}", restored["id"].as_str().unwrap())).await;
    assert_eq!((&grant["id"], &grant["amount"]), (&restored["id"], &json!(20)));
    let unknown = format!("/v1/organizations/acme/grants/{}", uuid::Uuid::from_u128(7));
    assert_eq!(server.refused(&unknown).await, (404, "grant_not_found".to_owned()));
    let foreign = format!("/v1/organizations/globex/grants/{}", restored["id"].as_str().unwrap());
    assert_eq!(server.refused(&foreign).await, (404, "grant_not_found".to_owned()));
}

#[tokio::test(flavor = "multi_thread")]
async fn reports_leave_room_for_balances() {
    let server = Server::start().await;
    let granted = server.send("acme", "grants", "g", json!({"amount": 5, "reason": "r"})).await;
    server.get(&format!("/v1/organizations/acme/usage?min_sequence={}", granted["sequence"])).await;
    // Every report waits for somebody who holds its table, as it would compute for long.
    let mut holder = server.database.pool.begin().await.unwrap();
    sqlx::raw_sql("LOCK TABLE ledger.usage_hourly_v1 IN ACCESS EXCLUSIVE MODE").execute(&mut *holder).await.unwrap();
    let reports: Vec<_> = (0..40)
        .map(|_| {
            let client = server.client.clone();
            tokio::spawn(async move { client.get("/v1/organizations/acme/usage").await.unwrap().status })
        })
        .collect();
    tokio::time::sleep(Duration::from_millis(300)).await;
    let asked = Instant::now();
    server.get("/v1/organizations/acme/balance").await;
    assert!(asked.elapsed() < Duration::from_secs(1), "a balance waited {:?} for reports", asked.elapsed());
    holder.rollback().await.unwrap();
    for report in reports {
        assert_eq!(report.await.unwrap(), 200);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn states_of_the_past_leave_room_for_the_feed() {
    let server = Server::start().await;
    server.send("acme", "grants", "g", json!({"amount": 5, "reason": "r"})).await;
    let strong = server.get("/v1/organizations/acme/balance?consistency=strong").await;
    let at = strong["updated_at"].as_str().unwrap().to_owned();
    // Every one of them waits here, as it would fold a long day.
    let mut holder = server.database.pool.begin().await.unwrap();
    sqlx::raw_sql("LOCK TABLE store.daily_snapshots IN ACCESS EXCLUSIVE MODE").execute(&mut *holder).await.unwrap();
    let pasts: Vec<_> = (0..8)
        .map(|_| {
            let (client, path) = (server.client.clone(), format!("/v1/organizations/acme/balance?at={at}"));
            tokio::spawn(async move { client.get(&path).await.unwrap().status })
        })
        .collect();
    tokio::time::sleep(Duration::from_millis(300)).await;
    let asked = Instant::now();
    server.get("/v1/events?limit=10").await;
    server.get("/v1/organizations/acme/events?limit=10").await;
    assert!(asked.elapsed() < Duration::from_secs(2), "pages waited {:?} for the past", asked.elapsed());
    holder.rollback().await.unwrap();
    for past in pasts {
        assert_eq!(past.await.unwrap(), 200);
    }
}
