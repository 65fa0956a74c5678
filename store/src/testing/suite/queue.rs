//! Permits, slots, epochs.

use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use domain::Credits;

use crate::engine::Limits;
use crate::ledger::ExecuteError;
use crate::log::Log;
use crate::testing::Failpoint;
use crate::testing::world::{World, a_while, consume, grant, key, organization, request, start};

pub async fn c07_a_full_queue_is_answered_at_once_and_moves_nothing(log: Arc<dyn Log>) {
    let (world, _) = World::with_credits(log, 100).await;
    let node = world.node_with(Limits { permits: 3, organization_permits: 3, ..World::quiet() });
    world.log.hold_appends();
    let held: Vec<_> = (0..3).map(|n| start(&node, world.request(&format!("held-{n}"), consume(1)))).collect();
    a_while().await;
    let refused = node.execute(world.request("too-many", consume(50)));
    let refused = tokio::time::timeout(Duration::from_millis(20), refused).await.expect("at once");
    assert!(matches!(refused, Err(ExecuteError::Overloaded { .. })));
    let asked = node.command(&world.organization, &key("held-0")).await;
    assert!(matches!(asked, Err(ExecuteError::Overloaded { .. })), "questions need a permit, too");
    world.log.open_appends();
    for command in held {
        command.await.unwrap().expect("it had a permit");
    }
    let last = node.execute(world.request("last", consume(1))).await.expect("there is room again");
    assert_eq!(last.events[0].event.balance_after, Credits::new(96));
}

pub async fn c07_one_organization_holds_a_part_of_the_queue_only(log: Arc<dyn Log>) {
    let (world, _) = World::with_credits(log, 100).await;
    let node = world.node_with(Limits { permits: 8, organization_permits: 2, ..World::quiet() });
    world.log.hold_appends();
    let held: Vec<_> = (0..2).map(|n| start(&node, world.request(&format!("held-{n}"), consume(1)))).collect();
    a_while().await;
    let hot = node.execute(world.request("third", consume(1))).await;
    assert!(matches!(hot, Err(ExecuteError::Overloaded { .. })));
    let others: Vec<_> = (0..6).map(|_| start(&node, request(&organization("cool"), "g", grant(1)))).collect();
    a_while().await;
    world.log.open_appends();
    for command in held.into_iter().chain(others) {
        command.await.unwrap().expect("it had a permit");
    }
}

pub async fn c07_a_failed_flush_fails_what_was_built_on_it_and_nothing_else(log: Arc<dyn Log>) {
    let (world, _) = World::with_credits(log, 100).await;
    // One command a batch, so that the second of the organization flies behind the failed one.
    let node = world.node_with(Limits { batch_commands: 1, ..World::quiet() });
    node.execute(world.request("warm", consume(1))).await.unwrap();
    world.log.hold_appends();
    let first = start(&node, world.request("first", consume(10)));
    a_while().await;
    let second = start(&node, world.request("second", consume(20)));
    let other = start(&node, request(&organization("other"), "g", grant(5)));
    a_while().await;
    world.log.fail_appends(&world.organization, &[Failpoint::Unavailable]);
    world.log.open_appends();
    assert!(matches!(first.await.unwrap(), Err(ExecuteError::Unavailable { .. })));
    let second = second.await.unwrap().expect("decided again without the first");
    assert_eq!(second.events[0].event.balance_after, Credits::new(79));
    other.await.unwrap().expect("another stream");
    let retried = node.execute(world.request("first", consume(10))).await.expect("a retry resolves it");
    assert!(!retried.replayed);
    assert_eq!(world.events().await.len(), 4);
}

pub async fn c07_a_slot_under_way_is_neither_evicted_nor_reloaded(log: Arc<dyn Log>) {
    let (world, _) = World::with_credits(log, 100).await;
    let node = world.node_with(Limits { cache_bytes: 1, ..World::quiet() });
    let others: Vec<_> = (0..300).map(|_| organization("other")).collect();
    world.log.hold_appends();
    let first = start(&node, world.request("first", consume(70)));
    a_while().await;
    let loads = world.log.loads.load(Ordering::SeqCst);
    let crowd: Vec<_> = others.iter().map(|other| start(&node, request(other, "g", grant(1)))).collect();
    a_while().await;
    let second = start(&node, world.request("second", consume(70)));
    a_while().await;
    assert_eq!(world.log.loads.load(Ordering::SeqCst), loads + others.len());
    assert!(!second.is_finished());
    world.log.open_appends();
    first.await.unwrap().expect("the credits were there");
    assert!(matches!(second.await.unwrap(), Err(ExecuteError::Refused(_))));
    for command in crowd {
        command.await.unwrap().unwrap();
    }
}

pub async fn c07_the_cache_is_bounded(log: Arc<dyn Log>) {
    let world = World::new(log);
    let node = world.node_with(Limits { cache_bytes: 512 * 1024, ..World::quiet() });
    for _ in 0..20 {
        let requests = (0..50).map(|_| request(&organization("many"), "g", grant(1))).collect();
        assert!(node.execute_all(requests).await.iter().all(Result::is_ok));
    }
    let cached = node.cached_organizations();
    assert!((1..500).contains(&cached), "{cached} organizations are cached");
}

pub async fn c07_a_dropped_future_loses_nothing(log: Arc<dyn Log>) {
    let (world, node) = World::with_credits(log, 100).await;
    world.log.hold_appends();
    let dropped = start(&node, world.request("dropped", consume(30)));
    a_while().await;
    dropped.abort();
    assert!(dropped.await.is_err());
    let behind = start(&node, world.request("behind", consume(30)));
    a_while().await;
    world.log.open_appends();
    let behind = behind.await.unwrap().unwrap();
    assert_eq!(behind.events[0].event.balance_after, Credits::new(40));
    let found = node.command(&world.organization, &key("dropped")).await.unwrap();
    assert_eq!(found.expect("it was decided").events, world.events().await[1..2]);
}

pub async fn c07_shutdown_drains(log: Arc<dyn Log>) {
    let (world, node) = World::with_credits(log, 100).await;
    world.log.hold_appends();
    let under_way = start(&node, world.request("under-way", consume(30)));
    a_while().await;
    let stopping = Arc::clone(&node);
    let shutdown = tokio::spawn(async move { stopping.shutdown().await });
    a_while().await;
    assert!(!shutdown.is_finished());
    assert!(node.ready().is_err());
    let late = node.execute(world.request("late", consume(1))).await;
    assert!(matches!(late, Err(ExecuteError::ShuttingDown)));
    world.log.open_appends();
    under_way.await.unwrap().expect("it was accepted");
    shutdown.await.unwrap();
    assert_eq!(world.events().await.len(), 2);
}
