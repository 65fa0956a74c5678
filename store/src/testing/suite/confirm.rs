//! Refusals and strong reads.

use std::sync::Arc;
use std::sync::atomic::Ordering;

use domain::Credits;
use futures::future::join_all;

use crate::ledger::ExecuteError;
use crate::log::Log;
use crate::testing::Failpoint;
use crate::testing::world::{World, a_while, consume, grant, refund, reserve, start};

pub async fn c09_a_refusal_on_a_state_that_another_node_moved_is_decided_again(log: Arc<dyn Log>) {
    let (world, one) = World::with_credits(log, 100).await;
    one.execute(world.request("all", consume(100))).await.unwrap();
    world.node().execute(world.request("more", grant(50))).await.unwrap();
    let committed = one.execute(world.request("again", consume(50))).await.expect("the other node granted it");
    assert_eq!(committed.events[0].event.balance_after, Credits::ZERO);
}

pub async fn c09_a_refusal_waits_for_the_flush_it_depends_on(log: Arc<dyn Log>) {
    let (world, node) = World::with_credits(log, 100).await;
    world.log.hold_appends();
    let all = start(&node, world.request("all", consume(100)));
    a_while().await;
    let one_more = start(&node, world.request("one-more", consume(1)));
    a_while().await;
    assert!(!one_more.is_finished(), "refused on a state that was not durable");
    world.log.fail_appends(&world.organization, &[Failpoint::Unavailable]);
    world.log.open_appends();
    assert!(matches!(all.await.unwrap(), Err(ExecuteError::Unavailable { .. })));
    let one_more = one_more.await.unwrap().expect("what it was refused for never happened");
    assert_eq!(one_more.events[0].event.balance_after, Credits::new(99));
}

/// The failed flight is gone when the refusal is judged, and the log happens to end where the given-up state did.
pub async fn c09_a_refusal_on_a_state_that_was_given_up_is_decided_again(log: Arc<dyn Log>) {
    let (world, one) = World::with_credits(log, 110).await;
    one.execute(world.request("spent", consume(10))).await.unwrap();
    world.node().execute(world.request("more", grant(1_000))).await.unwrap();
    let too_much = refund(&world.organization, "spent", 999);
    let commands = [("hold", reserve(100, 900)), ("too-much", too_much), ("fits", consume(50))];
    let requests = commands.map(|(key, command)| world.request(key, command)).to_vec();
    world.log.hold_entities();
    let answers = tokio::spawn(async move { one.execute_all(requests).await });
    a_while().await;
    world.log.open_entities();
    let answers = answers.await.unwrap();
    assert!(answers[0].is_ok());
    assert!(matches!(answers[1], Err(ExecuteError::Refused(_))));
    assert!(answers[2].is_ok(), "refused on a state that never became durable: {:?}", answers[2]);
}

pub async fn c09_refusals_share_one_read(log: Arc<dyn Log>) {
    const REFUSALS: usize = 100;
    let (world, node) = World::with_credits(log, 1).await;
    world.log.hold_heads();
    let refusals = (0..REFUSALS).map(|n| start(&node, world.request(&format!("refused-{n}"), consume(5))));
    let refusals: Vec<_> = refusals.collect();
    a_while().await;
    world.log.open_heads();
    for refusal in join_all(refusals).await {
        assert!(matches!(refusal.unwrap(), Err(ExecuteError::Refused(_))));
    }
    assert_eq!(world.log.head_reads_at_once_max.load(Ordering::SeqCst), 1);
    assert!(world.log.head_reads.load(Ordering::SeqCst) <= 3, "each refusal read for itself");
}

pub async fn c09_a_strong_read_shows_what_is_durable_only(log: Arc<dyn Log>) {
    let (world, node) = World::with_credits(log, 100).await;
    world.log.hold_appends();
    let consumed = start(&node, world.request("consumed", consume(40)));
    a_while().await;
    let (reader, organization) = (Arc::clone(&node), world.organization.clone());
    let read = tokio::spawn(async move { reader.strong_balance(&organization).await });
    a_while().await;
    world.log.fail_appends(&world.organization, &[Failpoint::Unavailable]);
    world.log.open_appends();
    assert!(consumed.await.unwrap().is_err());
    let balance = read.await.unwrap().unwrap().unwrap();
    assert_eq!((balance.state.balance(), balance.sequence), (Credits::new(100), 1));
}

pub async fn c09_a_strong_read_sees_other_nodes(log: Arc<dyn Log>) {
    let (world, one) = World::with_credits(log, 100).await;
    world.node().execute(world.request("elsewhere", consume(40))).await.unwrap();
    let balance = one.strong_balance(&world.organization).await.unwrap().unwrap();
    assert_eq!((balance.state.balance(), balance.sequence), (Credits::new(60), 2));
}

/// A stream that moves by this node's own commands only is not reloaded for its refusals.
pub async fn c09_own_traffic_does_not_unsettle_refusals(log: Arc<dyn Log>) {
    let (world, node) = World::with_credits(log, 10_000).await;
    let loads = world.log.loads.load(Ordering::SeqCst);
    let commands = (0..400).map(|n| {
        let amount = if n % 2 == 0 { 1 } else { 1_000_000 };
        start(&node, world.request(&format!("mixed-{n}"), consume(amount)))
    });
    let answers = join_all(commands.collect::<Vec<_>>()).await;
    assert_eq!(answers.iter().filter(|answer| matches!(answer, Ok(Ok(_)))).count(), 200);
    assert_eq!(world.log.loads.load(Ordering::SeqCst), loads);
    assert_eq!(world.log.turns.load(Ordering::SeqCst), 0);
}
