//! Two servers on one database, one hot organization (CORRECTNESS C5).

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use futures::future::join_all;
use serde_json::json;
use tokio::sync::watch;

use super::driver::{assert_exactly_once, assert_no_gaps, balance, fund, spend_until};
use crate::support;
use crate::support::http::Client;

/// How long both nodes hammer: long enough for thousands of conflicts on an idle machine.
const LOAD: Duration = Duration::from_secs(4);

/// The value of a counter of a node's.
async fn counted(client: &Client, name: &str) -> u64 {
    let metrics = client.get("/metrics").await.expect("answered").body;
    let metrics = metrics.as_str().expect("text");
    let line = metrics.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(' '));
    line.unwrap_or_else(|| panic!("no {name} in {metrics}")).parse().expect("a whole number")
}

#[tokio::test(flavor = "multi_thread")]
async fn c05_two_nodes_hammer_one_organization_and_all_make_progress() {
    let database = support::database().await;
    let nodes = [support::node::Node::start(&database.url).await, support::node::Node::start(&database.url).await];
    let clients: Vec<_> = nodes.iter().map(support::node::Node::client).collect();
    fund(&clients[0], &["hot".to_owned()], 1_000_000).await;

    let stop = Arc::new(AtomicBool::new(false));
    let (_keep, servers) = watch::channel(clients.clone());
    let spending = tokio::spawn(spend_until(Arc::clone(&stop), servers, vec!["hot".to_owned()], 32));
    tokio::time::sleep(LOAD).await;
    stop.store(true, Ordering::Relaxed);
    let acknowledged = spending.await.expect("the clients end");

    assert!(acknowledged.len() > 100, "only {} commands in {LOAD:?}", acknowledged.len());
    assert_exactly_once(&database.pool, &acknowledged).await;
    // Both wrote, and a command took a turn after it had lost two rounds: they did get into each other's way.
    let mut turns = 0;
    for client in &clients {
        let committed = counted(client, "credit_ledger_commands_total{outcome=\"committed\"}").await;
        assert!(committed > 10, "a node has written {committed} commands");
        turns += counted(client, "credit_ledger_turns_total").await;
    }
    assert!(turns > 0, "no command of {} took a turn", acknowledged.len());
    let spent = i64::try_from(acknowledged.len()).expect("few");
    for client in &clients {
        assert_eq!(balance(client, "hot").await["balance"], 1_000_000 - spent);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn c05_two_nodes_never_overspend_together() {
    let database = support::database().await;
    let nodes = [support::node::Node::start(&database.url).await, support::node::Node::start(&database.url).await];
    let clients: Vec<_> = nodes.iter().map(support::node::Node::client).collect();
    fund(&clients[0], &["hot".to_owned()], 150).await;

    let attempts = (0..400).map(|n| {
        let client = clients[n % 2].clone();
        async move {
            loop {
                let key = format!("spend-{n}");
                let answer = client.post("/v1/organizations/hot/consumptions", &key, &json!({"amount": 1})).await;
                let answer = answer.expect("the server answers");
                if answer.status != 503 {
                    return answer.status;
                }
                tokio::time::sleep(Duration::from_millis(20)).await;
            }
        }
    });
    let statuses = join_all(attempts).await;

    assert_eq!(statuses.iter().filter(|status| **status == 201).count(), 150);
    assert_eq!(statuses.iter().filter(|status| **status == 402).count(), 250);
    assert_eq!(balance(&clients[1], "hot").await["balance"], 0);
    assert_no_gaps(&database.pool).await;
}
