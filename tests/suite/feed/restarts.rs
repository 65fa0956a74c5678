//! Followers through the death of the server and its orderly end, while events are written.

use std::time::Duration;

use serde_json::Value;
use tokio::sync::watch;

use super::follower::Follower;
use super::writer::{fund, organizations, spend_on};
use crate::support;
use crate::support::http::Client;
use crate::support::node::Node;

/// Events that are written meanwhile; `make soak` asks for ten times as many.
fn events() -> usize {
    if std::env::var_os("SOAK").is_some() { 100_000 } else { 10_000 }
}

/// Follows whatever server there is until `count` events have come, resuming behind the last id after each end.
async fn follow(server: watch::Receiver<Client>, path: String, count: usize) -> (Vec<Value>, usize) {
    let (mut events, mut last_id, mut streams) = (Vec::new(), None::<String>, 0);
    while events.len() < count {
        let client = server.borrow().clone();
        match Follower::open(&client, &path, last_id.as_deref()).await {
            Ok(mut follower) => {
                streams += 1;
                while events.len() < count
                    && let Some(event) = follower.next().await
                {
                    events.push(event);
                }
                last_id = follower.last_id;
            }
            Err(status) => assert!([0, 503].contains(&status), "{path}: {status}"),
        }
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    (events, streams)
}

/// Each place of each run of numbers once and in order.
fn assert_in_order(events: &[Value], run: &str, number: &str) {
    let mut last = std::collections::HashMap::new();
    for event in events {
        let expected = last.get(&event[run].to_string()).copied().unwrap_or(0) + 1;
        assert_eq!(event[number].as_u64().unwrap(), expected, "{run} {}", event[run]);
        last.insert(event[run].to_string(), expected);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn followers_see_every_event_once_and_in_order_through_restarts() {
    let count = events();
    let database = support::database().await;
    let mut node = Node::start(&database.url).await;
    fund(&node.client()).await;
    let organizations = organizations();
    let (publish, server) = watch::channel(node.client());
    let all = tokio::spawn(follow(server.clone(), "/v1/events".to_owned(), count + organizations.len()));
    let spent = tokio::spawn(follow(server.clone(), "/v1/events?type=CreditsConsumed".to_owned(), count));
    let one = format!("/v1/organizations/{}/events", organizations[0]);
    let one = tokio::spawn(follow(server.clone(), one, count.div_ceil(organizations.len()) + 1));

    let writing = tokio::spawn(async move {
        for part in 0..10 {
            spend_on(&|| server.borrow().clone(), &format!("p{part}"), count / 10).await;
        }
    });
    while committed(&database.pool).await < count / 4 {
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    node.kill();
    node = Node::start(&database.url).await;
    publish.send_replace(node.client());
    while committed(&database.pool).await < count / 2 {
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    assert!(node.terminate().await.success());
    node = Node::start(&database.url).await;
    publish.send_replace(node.client());
    writing.await.expect("everything is written");

    let (events, streams) = all.await.expect("the follower ends");
    assert!(streams >= 3, "{streams} streams: the restarts were not seen");
    assert_in_order(&events, "partition", "position");
    let ids: Vec<_> = events.iter().map(|event| &event["id"]).collect();
    let (spent, _) = spent.await.expect("the follower ends");
    let expected = events.iter().filter(|event| event["type"] == "CreditsConsumed");
    assert_eq!(spent.len(), expected.clone().count());
    assert!(expected.clone().all(|event| ids.contains(&&event["id"])));
    for partition in 0..4 {
        let of = |event: &&Value| event["partition"] == partition;
        assert!(spent.iter().filter(of).eq(expected.clone().filter(of)), "partition {partition}");
    }
    let (one, _) = one.await.expect("the follower ends");
    assert_in_order(&one, "source", "sequence");
    drop(node);
}

async fn committed(pool: &sqlx::PgPool) -> usize {
    let count: i64 = sqlx::query_scalar("SELECT count(*) FROM store.events").fetch_one(pool).await.unwrap();
    usize::try_from(count).unwrap()
}
