//! kill -9 of the server, and of PostgreSQL, in the middle of load: nothing acknowledged is lost, and a retry with the
//! same key resolves the rest to exactly one effect.

use std::hash::{BuildHasher, Hasher, RandomState};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use tokio::sync::watch;

use super::driver::{assert_exactly_once, balance, fund, spend_until};
use crate::support;
use crate::support::node::Node;

/// Clients at once: enough that every crash hits commands in every stage.
const CLIENTS: usize = 24;
/// Kills without `CRASHES`; `make soak` asks for 20.
const CRASHES_DEFAULT: usize = 3;

pub fn crashes() -> usize {
    std::env::var("CRASHES").map_or(CRASHES_DEFAULT, |text| text.parse().expect("CRASHES is a number"))
}

fn organizations() -> Vec<String> {
    (0..7).map(|n| format!("org-{n}")).collect()
}

/// How long until the next kill: another moment each time, and in each run.
pub fn pause() -> Duration {
    let chance = RandomState::new().build_hasher().finish();
    Duration::from_millis(350 + chance % 500)
}

#[tokio::test(flavor = "multi_thread")]
async fn kill_9_of_the_server_loses_nothing_acknowledged() {
    let database = support::database().await;
    let mut node = Node::start(&database.url).await;
    let organizations = organizations();
    fund(&node.client(), &organizations, 1_000_000_000).await;

    let stop = Arc::new(AtomicBool::new(false));
    let (publish, servers) = watch::channel(vec![node.client()]);
    let spending = tokio::spawn(spend_until(Arc::clone(&stop), servers, organizations.clone(), CLIENTS));
    for _ in 0..crashes() {
        tokio::time::sleep(pause()).await;
        node.kill();
        node = Node::start(&database.url).await;
        publish.send_replace(vec![node.client()]);
    }
    tokio::time::sleep(pause()).await;
    stop.store(true, Ordering::Relaxed);
    let acknowledged = spending.await.expect("the clients end");

    assert!(acknowledged.len() > 100, "only {} commands", acknowledged.len());
    assert_exactly_once(&database.pool, &acknowledged).await;
    assert_balances(&node, &organizations, 1_000_000_000 * 7 - i64::try_from(acknowledged.len()).expect("few")).await;
    assert_verified(&database.url).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn kill_9_of_postgres_loses_nothing_acknowledged() {
    let mut postgres = support::own_postgres().await;
    let node = Node::start(&postgres.url()).await;
    let organizations = organizations();
    fund(&node.client(), &organizations, 1_000_000_000).await;

    let stop = Arc::new(AtomicBool::new(false));
    let (_keep, servers) = watch::channel(vec![node.client()]);
    let spending = tokio::spawn(spend_until(Arc::clone(&stop), servers, organizations.clone(), CLIENTS));
    for _ in 0..crashes() {
        tokio::time::sleep(pause()).await;
        postgres.kill_9_and_restart().await;
    }
    tokio::time::sleep(Duration::from_secs(2)).await;
    stop.store(true, Ordering::Relaxed);
    let acknowledged = spending.await.expect("the clients end");

    let pool = sqlx::PgPool::connect(&postgres.url()).await.expect("PostgreSQL is back");
    assert!(acknowledged.len() > 100, "only {} commands", acknowledged.len());
    assert_exactly_once(&pool, &acknowledged).await;
    assert_balances(&node, &organizations, 1_000_000_000 * 7 - i64::try_from(acknowledged.len()).expect("few")).await;
    assert_verified(&postgres.url()).await;
}

async fn assert_balances(node: &Node, organizations: &[String], expected: i64) {
    let client = node.client();
    let mut sum = 0;
    for organization in organizations {
        sum += balance(&client, organization).await["balance"].as_i64().expect("a number");
    }
    assert_eq!(sum, expected);
}

/// `credit-ledger verify` finds nothing.
async fn assert_verified(database_url: &str) {
    let output = support::node::command(database_url, &["verify"]).await;
    assert!(
        output.status.success(),
        "{}{}",
        String::from_utf8_lossy(&output.stdout),
        String::from_utf8_lossy(&output.stderr)
    );
}
