//! kill -9 of servers that project, in the middle of load.

use std::process::{Child, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use projections::{projectors, standings};
use sqlx::PgPool;
use tokio::sync::watch;

use super::world::rows;
use crate::acceptance::{crashes, fund, pause, spend_until};
use crate::support;
use crate::support::node::Node;

/// Clients at once.
const CLIENTS: usize = 24;
/// A dead node's work is done by another within this, after a lag of as long.
const TAKE_OVER_MAX: Duration = Duration::from_secs(5);

fn organizations() -> Vec<String> {
    (0..7).map(|n| format!("org-{n}")).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn kill_9_at_any_moment_leaves_the_rows_that_the_log_makes() {
    let database = support::database().await;
    let mut node = Node::start(&database.url).await;
    fund(&node.client(), &organizations(), 1_000_000_000).await;
    let stop = Arc::new(AtomicBool::new(false));
    let (publish, servers) = watch::channel(vec![node.client()]);
    let spending = tokio::spawn(spend_until(Arc::clone(&stop), servers, organizations(), CLIENTS));
    for crash in 0..crashes() {
        let pause = pause();
        tokio::time::sleep(pause).await;
        node.kill();
        // As the dead node left them, wherever each projector was.
        assert_verified(&database.url, &format!("kill {crash}, after {pause:?}")).await;
        node = Node::start(&database.url).await;
        publish.send_replace(vec![node.client()]);
    }
    stop.store(true, Ordering::Relaxed);
    let acknowledged = spending.await.expect("the clients end");
    assert!(acknowledged.len() > 100, "only {} commands", acknowledged.len());
    caught_up(&database.pool, TAKE_OVER_MAX).await;
    assert_verified(&database.url, "at the end").await;
    assert_rebuilt_equal(&database.url, &database.pool).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn another_node_takes_over_within_seconds() {
    let database = support::database().await;
    let writer = Node::start_with(&database.url, &[("CREDIT_LEDGER_NO_PROJECTORS", "true")]).await;
    let mut projecting = [(); 2].map(|()| Some(Projecting::start(&database.url)));
    fund(&writer.client(), &organizations(), 1_000_000_000).await;
    let stop = Arc::new(AtomicBool::new(false));
    let (_keep, servers) = watch::channel(vec![writer.client()]);
    let spending = tokio::spawn(spend_until(Arc::clone(&stop), servers, organizations(), CLIENTS));
    for node in &mut projecting {
        tokio::time::sleep(Duration::from_millis(700)).await;
        *node = None;
        let killed = ends(&database.pool).await;
        reached(&database.pool, &killed, TAKE_OVER_MAX).await;
        *node = Some(Projecting::start(&database.url));
    }
    stop.store(true, Ordering::Relaxed);
    spending.await.expect("the clients end");
    caught_up(&database.pool, TAKE_OVER_MAX).await;
    drop(projecting);
    assert_rebuilt_equal(&database.url, &database.pool).await;
}

/// A `credit-ledger project`; killed when dropped.
struct Projecting(Child);

impl Projecting {
    fn start(database_url: &str) -> Self {
        let mut command = support::node::binary();
        command.arg("project").env("DATABASE_URL", database_url).stdin(Stdio::null()).stdout(Stdio::null());
        Self(command.spawn().expect("the binary is built with the tests"))
    }
}

impl Drop for Projecting {
    fn drop(&mut self) {
        self.0.kill().expect("it runs");
        self.0.wait().expect("it was running");
    }
}

async fn ends(pool: &PgPool) -> Vec<(u16, u64)> {
    let standings = standings(pool, chrono::DateTime::UNIX_EPOCH).await.expect("the database answers");
    standings.iter().map(|standing| (standing.partition, standing.end)).collect()
}

/// Waits until every projector has what the log had.
async fn reached(pool: &PgPool, ends: &[(u16, u64)], within: Duration) {
    let started = Instant::now();
    loop {
        let standings = standings(pool, chrono::DateTime::UNIX_EPOCH).await.expect("the database answers");
        let is_behind = |standing: &&projections::Standing| {
            ends.iter().any(|(partition, end)| standing.partition == *partition && standing.position < *end)
        };
        if !standings.is_empty() && !standings.iter().any(|standing| is_behind(&standing)) {
            return;
        }
        assert!(started.elapsed() < within, "{within:?} after the kill: {standings:#?}");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

async fn caught_up(pool: &PgPool, within: Duration) {
    let ends = ends(pool).await;
    reached(pool, &ends, within).await;
}

/// `verify --projections`: the projectors on the log anew, and what the domain itself says.
async fn assert_verified(database_url: &str, when: &str) {
    let output = support::node::command(database_url, &["verify", "--projections"]).await;
    let said = format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    assert!(output.status.success() && said.contains("all is as the log says"), "{when}: {said}");
}

/// Every read table is what a rebuild makes of the log.
async fn assert_rebuilt_equal(database_url: &str, pool: &PgPool) {
    for projector in projectors::all() {
        let mut live = Vec::new();
        for view in projector.views() {
            live.push(rows(pool, view).await);
        }
        let output = support::node::command(database_url, &["rebuild", projector.name()]).await;
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        for (view, live) in projector.views().iter().zip(live) {
            assert_eq!(rows(pool, view).await, live, "{view}");
        }
    }
}
