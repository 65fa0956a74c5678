//! History and idempotency.

use std::sync::Arc;
use std::sync::atomic::Ordering;

use domain::{CommandError, Credits};

use crate::ledger::{Committed, ExecuteError};
use crate::log::Log;
use crate::testing::world::{World, a_while, consume, grant, refund, start};

pub async fn c08_refunds_under_way_count(log: Arc<dyn Log>) {
    let (world, node) = World::with_credits(log, 100).await;
    node.execute(world.request("spent", consume(100))).await.unwrap();
    world.log.hold_appends();
    let first = start(&node, world.request("first", refund(&world.organization, "spent", 60)));
    a_while().await;
    let second = start(&node, world.request("second", refund(&world.organization, "spent", 60)));
    a_while().await;
    world.log.open_appends();
    first.await.unwrap().expect("there is that much to refund");
    match second.await.unwrap() {
        Err(ExecuteError::Refused(CommandError::RefundExceedsConsumption { refundable, .. })) => {
            assert_eq!(refundable, Credits::new(40));
        }
        other => panic!("{other:?}"),
    }
    let third = node.execute(world.request("third", refund(&world.organization, "spent", 40))).await;
    third.expect("exactly what is left, with the first one in the log");
}

/// Between two look-ups of one refund the grant and the consumption that it is about turn out never to have happened.
pub async fn c08_history_of_a_state_that_was_given_up_is_not_looked_up(log: Arc<dyn Log>) {
    let (world, one) = World::with_credits(log, 100).await;
    one.execute(world.request("all", consume(100))).await.unwrap();
    world.node().execute(world.request("overtakes", grant(1_000))).await.unwrap();
    let refund = refund(&world.organization, "spent", 50);
    let commands = [("granted", grant(50)), ("spent", consume(50)), ("refunded", refund)];
    let requests = commands.map(|(key, command)| world.request(key, command)).to_vec();
    world.log.hold_entities();
    let answers = tokio::spawn(async move { one.execute_all(requests).await });
    a_while().await;
    world.log.open_entities();
    let answers = answers.await.expect("no request panics");
    assert!(answers.iter().all(Result::is_ok), "{answers:?}");
    assert_eq!(world.events().await.last().map(|event| event.event.balance_after), Some(Credits::new(1_050)));
}

pub async fn c09_the_same_key_twice_at_once_has_one_effect(log: Arc<dyn Log>) {
    let (world, node) = World::with_credits(log, 100).await;
    world.log.hold_appends();
    let both: Vec<_> = (0..2).map(|_| start(&node, world.request("same", consume(10)))).collect();
    a_while().await;
    world.log.open_appends();
    let mut answers: Vec<Committed> = Vec::new();
    for one in both {
        answers.push(one.await.unwrap().unwrap());
    }
    assert_eq!(answers[0].events, answers[1].events);
    assert_eq!(answers.iter().filter(|answer| answer.replayed).count(), 1);
    let loads = world.log.loads.load(Ordering::SeqCst);
    let later = node.execute(world.request("same", consume(10))).await.unwrap();
    assert!(later.replayed);
    node.execute(world.request("next", consume(1))).await.unwrap();
    assert_eq!(world.log.loads.load(Ordering::SeqCst), loads, "a known key cost a failed append");
    let cold = world.node().execute(world.request("same", consume(10))).await.unwrap();
    assert!(cold.replayed);
    assert_eq!((&later.events, &cold.events), (&answers[0].events, &answers[0].events));
    assert_eq!(world.events().await.len(), 3);
}

pub async fn c09_a_key_belongs_to_one_request(log: Arc<dyn Log>) {
    let (world, node) = World::with_credits(log, 100).await;
    let mut other = world.request("same", consume(11));
    other.key.as_mut().expect("it has a key").1[31] = 1;
    world.log.hold_appends();
    let first = start(&node, world.request("same", consume(10)));
    a_while().await;
    let at_once = start(&node, other.clone());
    a_while().await;
    world.log.open_appends();
    first.await.unwrap().unwrap();
    assert!(matches!(at_once.await.unwrap(), Err(ExecuteError::KeyReused)));
    assert!(matches!(node.execute(other.clone()).await, Err(ExecuteError::KeyReused)));
    assert!(matches!(world.node().execute(other).await, Err(ExecuteError::KeyReused)));
    assert_eq!(world.events().await.len(), 2);
}

pub async fn c09_a_key_of_another_node_replays_instead_of_a_refusal(log: Arc<dyn Log>) {
    let (world, one) = World::with_credits(log, 100).await;
    let two = world.node();
    one.execute(world.request("all", consume(100))).await.unwrap();
    two.execute(world.request("more", grant(50))).await.unwrap();
    let first = two.execute(world.request("key", consume(50))).await.unwrap();
    // To the first node there is nothing left to spend.
    let again = one.execute(world.request("key", consume(50))).await.expect("the other node's outcome");
    assert!(again.replayed);
    assert_eq!(again.events, first.events);
}
