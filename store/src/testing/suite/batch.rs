//! `execute_all`, and organizations that do not exist.

use std::sync::Arc;
use std::sync::atomic::Ordering;

use domain::{CommandError, Credits};

use crate::ledger::ExecuteError;
use crate::log::Log;
use crate::testing::Failpoint;
use crate::testing::world::{World, consume, eventually, grant, organization, request};

pub async fn c24_commands_of_one_organization_in_listed_order(log: Arc<dyn Log>) {
    let world = World::new(log);
    let node = world.node();
    let other = organization("other");
    let answers = node
        .execute_all(vec![
            world.request("too-early", consume(5)),
            world.request("grant", grant(100)),
            request(&other, "grant", grant(3)),
            world.request("spend", consume(60)),
            world.request("spend", consume(60)),
            world.request("too-much", consume(60)),
            request(&other, "spend", consume(3)),
            world.request("rest", consume(40)),
        ])
        .await;
    let balances: Vec<Option<i64>> = answers
        .iter()
        .map(|answer| answer.as_ref().ok().map(|committed| committed.events[0].event.balance_after.get()))
        .collect();
    assert_eq!(balances, [None, Some(100), Some(3), Some(40), Some(40), None, Some(0), Some(0)]);
    assert!(answers[4].as_ref().unwrap().replayed);
    assert_eq!(answers[4].as_ref().unwrap().events, answers[3].as_ref().unwrap().events);
    assert!(matches!(answers[0], Err(ExecuteError::Refused(CommandError::InsufficientCredits { .. }))));
    assert!(matches!(
        answers[5],
        Err(ExecuteError::Refused(CommandError::InsufficientCredits { available, .. })) if available == Credits::new(40)
    ));
}

pub async fn c24_a_batch_survives_a_conflict_in_order(log: Arc<dyn Log>) {
    let (world, node) = World::with_credits(log, 1_000).await;
    for overtaken in 1..=2 {
        world.log.fail_appends(&world.organization, &vec![Failpoint::Overtaken; overtaken]);
        let requests = (0..10).map(|n| world.request(&format!("{overtaken}-{n}"), consume(n + 1))).collect();
        let answers = node.execute_all(requests).await;
        let sequences: Vec<u64> = answers.iter().map(|answer| answer.as_ref().unwrap().events[0].sequence).collect();
        assert!(sequences.is_sorted(), "{sequences:?}");
        assert_eq!(answers.len(), 10);
    }
    assert!(world.log.turns.load(Ordering::SeqCst) > 0);
    assert_eq!(world.events().await.len(), 21);
}

pub async fn c25_nothing_is_cached_before_the_first_event(log: Arc<dyn Log>) {
    let world = World::new(log);
    let node = world.node();
    let answer = node.execute(world.request("early", consume(1))).await;
    assert!(matches!(
        answer,
        Err(ExecuteError::Refused(CommandError::InsufficientCredits { balance: Credits::ZERO, .. }))
    ));
    assert!(node.strong_balance(&world.organization).await.unwrap().is_none());
    assert_eq!(node.cached_organizations(), 0);
    world.log.fail_appends(&world.organization, &[Failpoint::Unavailable]);
    assert!(node.execute(world.request("lost", grant(1))).await.is_err());
    eventually("the slot is gone", async || node.cached_organizations() == 0).await;
    node.execute(world.request("first", grant(1))).await.unwrap();
    assert_eq!(node.cached_organizations(), 1);
}
