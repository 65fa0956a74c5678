//! Time alone moves credits: the sweeper settles what falls due, commands find it settled.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use futures::future::join_all;
use serde_json::{Value, json};

use crate::support;
use crate::support::http::Client;
use crate::support::node::Node;

/// How long a fact of an idle organization may be overdue (CORRECTNESS C13).
const OVERDUE_MAX: Duration = Duration::from_secs(2);
/// How long this test waits for a settlement that its clock has brought about, on a slow machine: how late it may be is
/// `c13_an_overdue_fact_is_settled_within_two_seconds`'s to say.
const SETTLED_WITHIN: Duration = Duration::from_secs(30);
/// Organizations with something due in the same second.
const IDLE: usize = 60;

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

/// The longest that a task of this test was kept from running, and that the server took for a request which asks for
/// nothing: what the machine has withheld from both, for as long as it lasts.
async fn withheld(client: Client, stop: Arc<AtomicBool>) -> Duration {
    const PAUSE: Duration = Duration::from_millis(20);
    let mut longest = Duration::ZERO;
    while !stop.load(Ordering::Relaxed) {
        let asked = Instant::now();
        tokio::time::sleep(PAUSE).await;
        client.get("/healthz").await.expect("it answers");
        longest = longest.max(asked.elapsed() - PAUSE);
    }
    longest
}

#[tokio::test(flavor = "multi_thread")]
async fn c13_an_overdue_fact_is_settled_within_two_seconds() {
    let database = support::database().await;
    let node = Node::start(&database.url).await;
    let client = node.client();
    let stop = Arc::new(AtomicBool::new(false));
    let withheld = tokio::spawn(withheld(client.clone(), Arc::clone(&stop)));
    // Grants that end by themselves, and reservations of credits that do not: however slow the machine, each is made.
    let made = (0..IDLE).map(|n| {
        let client = client.clone();
        async move {
            let of = |path: &str| format!("/v1/organizations/idle-{n}/{path}");
            let mut grant = json!({"amount": 100, "reason": "trial"});
            if n % 2 == 0 {
                grant["expires_in_seconds"] = json!(1);
            }
            assert_eq!(client.post(&of("grants"), "g", &grant).await.expect("answered").status, 201);
            if n % 2 == 1 {
                let hold = json!({"amount": 30, "expires_in_seconds": 1});
                assert_eq!(client.post(&of("reservations"), "r", &hold).await.expect("answered").status, 201);
            }
        }
    });
    join_all(made).await;
    let ended = "SELECT count(*) FROM store.events WHERE event_type IN ('ReservationExpired', 'GrantExpired')";
    let started = Instant::now();
    loop {
        let ended: i64 = sqlx::query_scalar(ended).fetch_one(&database.pool).await.expect("the log can be read");
        if ended == i64::try_from(IDLE).expect("few") {
            break;
        }
        assert!(started.elapsed() < SETTLED_WITHIN, "{ended} have ended");
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    stop.store(true, Ordering::Relaxed);
    let withheld = withheld.await.expect("no panic");
    // When it was due and when it was written, by the server's own clock.
    let overdue: i64 = sqlx::query_scalar(
        "SELECT max(extract(epoch FROM recorded_at - occurred_at) * 1000)::bigint FROM store.events
         WHERE event_type IN ('ReservationExpired', 'GrantExpired')",
    )
    .fetch_one(&database.pool)
    .await
    .expect("the log can be read");
    let overdue = Duration::from_millis(overdue.unsigned_abs());
    // Two seconds where there is no overload. Where other work keeps this test and the server from running, a sweep waits
    // for that several times: to begin, to read what is due, to decide, to append.
    let bound = OVERDUE_MAX + withheld * 4;
    println!("{overdue:?} overdue at most, {withheld:?} withheld by the machine");
    assert!(overdue <= bound, "{overdue:?} overdue; {bound:?} with {withheld:?} withheld by the machine");
}

#[test]
fn c13_the_sweeper_takes_a_tenth_of_the_permits_and_c07_an_organization_a_quarter() {
    let limits = store::Limits::default();
    assert!(limits.sweep_permits * 10 <= limits.permits && limits.organization_permits * 4 <= limits.permits);
    assert!(limits.sweep_interval * 4 <= OVERDUE_MAX);
}
