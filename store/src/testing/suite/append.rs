//! The writer and the log's answers.

use std::sync::Arc;
use std::sync::atomic::Ordering;

use domain::Credits;
use domain::commands::Adjust;
use futures::future::join_all;

use crate::ledger::ExecuteError;
use crate::log::{Log, LogError};
use crate::testing::world::{World, a_while, consume, grant, note, organization, request, start};
use crate::testing::{Failpoint, POISON};

pub async fn c01_a_refused_value_fails_its_command_only(log: Arc<dyn Log>) {
    let (world, node) = World::with_credits(log, 100).await;
    let others: Vec<_> = (0..8).map(|_| organization("other")).collect();
    world.log.hold_appends();
    let poisoned = domain::Command::Adjust(Adjust { amount: Credits::new(1), reason: note(POISON) });
    let good = start(&node, world.request("good", consume(1)));
    a_while().await;
    let bad = start(&node, world.request("bad", poisoned));
    a_while().await;
    let behind = start(&node, world.request("behind", consume(2)));
    let others: Vec<_> = others.iter().map(|other| start(&node, request(other, "o", grant(5)))).collect();
    a_while().await;
    world.log.open_appends();
    good.await.unwrap().expect("before the bad one");
    assert!(matches!(bad.await.unwrap(), Err(ExecuteError::Log(LogError::Rejected(_)))));
    let behind = behind.await.unwrap().expect("behind the bad one");
    assert_eq!(behind.events[0].event.balance_after, Credits::new(97));
    for other in others {
        other.await.unwrap().expect("another stream");
    }
    assert_eq!(world.names().await, ["CreditsGranted", "CreditsConsumed", "CreditsConsumed"]);
}

pub async fn c04_a_lost_answer_is_read_back(log: Arc<dyn Log>) {
    let (world, node) = World::with_credits(log, 100).await;
    world.log.fail_appends(&world.organization, &[Failpoint::LostAfter]);
    world.log.fail_read_backs(2);
    let committed = node.execute(world.request("lost", consume(10))).await.expect("it is in the log");
    assert!(!committed.replayed);
    assert_eq!(committed.events, world.events().await[1..]);
    assert!(committed.events[0].position > 0);
    let next = node.execute(world.request("next", consume(10))).await.unwrap();
    assert_eq!(next.events[0].event.balance_after, Credits::new(80));
}

/// Two nodes make the same id of the same key: what stands in the log may be the other node's.
pub async fn c04_a_lost_append_is_not_mistaken_for_another_nodes_of_the_same_key(log: Arc<dyn Log>) {
    let (world, one) = World::with_credits(log, 100).await;
    let two = world.node();
    world.log.fail_appends(&world.organization, &[Failpoint::LostBefore]);
    world.log.fail_read_backs(5);
    let lost = start(&one, world.request("key", consume(10)));
    a_while().await;
    world.clock.advance_seconds(1);
    let other = two.execute(world.request("key", consume(10))).await.expect("nothing is in the log");
    assert!(!lost.is_finished(), "it is being read back");
    let replayed = lost.await.unwrap().expect("the other node's outcome");
    assert!(replayed.replayed);
    assert_eq!(replayed.events, other.events);
    one.execute(world.request("next", consume(10))).await.expect("on the log's state");
    assert_eq!(world.events().await.len(), 3);
}

pub async fn c04_a_lost_append_that_did_nothing_is_made_again(log: Arc<dyn Log>) {
    let (world, node) = World::with_credits(log, 100).await;
    world.log.fail_appends(&world.organization, &[Failpoint::LostBefore]);
    let committed = node.execute(world.request("lost", consume(10))).await.expect("made again");
    assert_eq!(committed.events, world.events().await[1..]);
}

pub async fn c05_a_command_that_keeps_losing_takes_a_turn(log: Arc<dyn Log>) {
    let (world, node) = World::with_credits(log, 100).await;
    world.log.fail_appends(&world.organization, &[Failpoint::Overtaken; 2]);
    let committed = node.execute(world.request("overtaken", consume(10))).await.expect("its turn");
    assert_eq!(world.log.turns.load(Ordering::SeqCst), 1);
    assert_eq!(committed.events, world.events().await[1..]);
    let next = node.execute(world.request("next", consume(10))).await.expect("on the turn's state");
    assert_eq!(next.events[0].event.balance_after, Credits::new(80));
    assert_eq!(world.log.turns.load(Ordering::SeqCst), 1);
}

pub async fn c05_two_nodes_on_one_organization_neither_overspend_nor_starve(log: Arc<dyn Log>) {
    const CREDITS: usize = 60;
    let (world, one) = World::with_credits(log, 60).await;
    let two = world.node();
    let tries = (0..CREDITS * 2).map(|n| {
        let node = if n % 2 == 0 { &one } else { &two };
        start(node, world.request(&format!("try-{n}"), consume(1)))
    });
    let answers = join_all(tries).await;
    let taken = answers.iter().filter(|answer| matches!(answer, Ok(Ok(_)))).count();
    let refused = answers.iter().filter(|answer| matches!(answer, Ok(Err(ExecuteError::Refused(_))))).count();
    assert_eq!((taken, refused), (CREDITS, CREDITS));
    let consumed = world.names().await.into_iter().filter(|name| *name == "CreditsConsumed").count();
    assert_eq!(consumed, CREDITS);
    let balance = one.strong_balance(&world.organization).await.unwrap().unwrap();
    assert_eq!(balance.state.balance(), Credits::ZERO);
}
