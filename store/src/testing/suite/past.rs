//! Balances in the past.

use std::sync::Arc;

use chrono::TimeDelta;
use domain::commands::Expiry;
use domain::{Balance, Organization, Timestamp, evolve};

use crate::clock::Clock;
use crate::ledger::Ledger;
use crate::log::Log;
use crate::testing::world::{World, consume, grant, grant_until, reserve};

/// Commands and pauses of every kind that time works on: expiries, deadlines, idle hours, enough events for snapshots.
async fn history(world: &World, node: &Ledger, mut look: impl AsyncFnMut(Timestamp)) {
    for round in 0..6 {
        // What was seen at one instant must not be joined by later commands of the same instant.
        world.clock.advance_seconds(1);
        let run = async |name: &str, command| {
            node.execute(world.request(&format!("{name}-{round}"), command)).await.expect("it is accepted");
        };
        run("grant", grant(500)).await;
        run("short", grant_until(100, Expiry::In(40_000))).await;
        run("hold", reserve(30, 20_000)).await;
        look(world.clock.now()).await;
        world.clock.advance_seconds(7);
        let spend = (0..90).map(|n| world.request(&format!("spend-{round}-{n}"), consume(1))).collect();
        assert!(node.execute_all(spend).await.iter().all(Result::is_ok));
        look(world.clock.now()).await;
        // The hold runs out, then the grant, with nobody there to see it.
        for pause in [19_000, 3_000, 20_000, 50_000] {
            world.clock.advance_seconds(pause);
            look(world.clock.now()).await;
        }
    }
}

pub async fn c29_a_balance_in_the_past_is_what_was_seen_then(log: Arc<dyn Log>) {
    let world = World::new(log);
    let node = world.node();
    let before = world.clock.now();
    let mut seen: Vec<(Timestamp, Balance)> = Vec::new();
    history(&world, &node, async |at| {
        let strong = node.strong_balance(&world.organization).await.expect("it answers").expect("it exists");
        seen.push((at, strong.state.figures()));
    })
    .await;
    assert!(world.log.snapshots().len() > 1, "there are snapshots to begin from");
    for (at, figures) in seen {
        let past = node.balance_at(&world.organization, at).await.expect("it answers").expect("it exists");
        assert_eq!(past.state.figures(), figures, "at {at}");
    }
    let nothing = node.balance_at(&world.organization, before - TimeDelta::microseconds(1)).await.expect("it answers");
    assert!(nothing.is_none(), "an organization exists from its first event");
}

pub async fn c29_every_boundary_between_events_agrees_with_a_naive_fold(log: Arc<dyn Log>) {
    let world = World::new(log);
    let node = world.node();
    history(&world, &node, async |_| ()).await;
    let events = world.events().await;
    let mut instants: Vec<Timestamp> = events.iter().map(|event| event.event.occurred_at).collect();
    instants.dedup();
    let between = instants.windows(2).map(|pair| pair[0] + (pair[1] - pair[0]) / 2).collect::<Vec<_>>();
    let near = instants.iter().flat_map(|at| [-1, 0, 1].map(|micros| *at + TimeDelta::microseconds(micros)));
    for at in near.chain(between).filter(|at| *at >= instants[0]) {
        let mut naive = Organization::default();
        let folded = events.iter().filter(|event| event.event.occurred_at <= at);
        let sequence = folded.map(|event| evolve(&mut naive, &event.event)).count();
        let kept = world.log.state_at(&world.organization, at).await.expect("it reads");
        assert_eq!((kept.sequence, &kept.state), (u64::try_from(sequence).expect("few"), &naive), "at {at}");
    }
}
