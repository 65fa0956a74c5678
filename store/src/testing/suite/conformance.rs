//! The engine as cqrs-es knows it.

use std::collections::HashMap;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use cqrs_es::{AggregateContext, CqrsFramework, EventStore};
use domain::aggregate::DatedCommand;
use domain::{Command, CommandId, Credits, Decision, Event, History, Organization, Timestamp, decide};
use uuid::Uuid;

use crate::clock::Clock;
use crate::event_store::LedgerEventStore;
use crate::log::Log;
use crate::testing::world::{World, consume, grant};

fn dated(world: &World, command: Command) -> DatedCommand {
    DatedCommand {
        organization: world.organization.clone(),
        command_id: CommandId::without_key(Uuid::now_v7()),
        now: now(world),
        command,
        history: History::new(),
    }
}

fn now(world: &World) -> Timestamp {
    domain::time::to_micros(world.clock.now())
}

/// What a context's state answers to a command.
fn events_of(world: &World, state: &Organization, command: Command) -> Vec<Event> {
    let command = dated(world, command);
    let context = domain::Context {
        organization: &command.organization,
        command_id: command.command_id,
        now: command.now,
        history: &command.history,
        welcome: None,
    };
    match decide(state, &command.command, &context) {
        Ok(Decision::Accepted { events, .. }) => events,
        other => panic!("{other:?}"),
    }
}

pub async fn c10_cqrs_framework_writes_the_same_stream(log: Arc<dyn Log>) {
    let world = World::new(log);
    let node = world.node();
    let framework = CqrsFramework::new(LedgerEventStore::new(&node), Vec::new(), ());
    let id = world.organization.as_str();
    framework.execute(id, dated(&world, grant(100))).await.unwrap();
    let metadata = HashMap::from([("actor".to_owned(), "cli:root".to_owned())]);
    framework.execute_with_metadata(id, dated(&world, consume(30)), metadata).await.unwrap();
    assert!(framework.execute(id, dated(&world, consume(1_000))).await.is_err());
    let committed = node.execute(world.request("ours", consume(20))).await.unwrap();
    assert_eq!(committed.events[0].event.balance_after, Credits::new(50));
    let envelopes = LedgerEventStore::new(&node).load_events(id).await.unwrap();
    let events = world.events().await;
    assert_eq!(envelopes.len(), 3);
    for (envelope, event) in envelopes.iter().zip(&events) {
        assert_eq!(envelope.payload, event.event);
        assert_eq!(envelope.metadata["actor"], event.metadata.actor);
    }
    assert_eq!(events[1].metadata.actor, "cli:root");
}

pub async fn c10_a_context_without_commit_leaves_nothing_and_costs_no_reload(log: Arc<dyn Log>) {
    let (world, node) = World::with_credits(log, 100).await;
    let store = LedgerEventStore::new(&node);
    let loads = world.log.loads.load(Ordering::SeqCst);
    let mut context = store.load_aggregate(world.organization.as_str()).await.unwrap();
    let events = events_of(&world, context.aggregate(), consume(70));
    events.iter().for_each(|event| domain::evolve(context.aggregate(), event));
    assert_eq!(context.aggregate().balance(), Credits::new(30));
    drop(context);
    let committed = node.execute(world.request("after", consume(70))).await.expect("the moved copy is gone");
    assert_eq!(committed.events[0].event.balance_after, Credits::new(30));
    assert_eq!(world.log.loads.load(Ordering::SeqCst), loads);
}

pub async fn c10_the_lock_is_free_before_the_commit_is_durable(log: Arc<dyn Log>) {
    let (world, node) = World::with_credits(log, 100).await;
    let store = LedgerEventStore::new(&node);
    let mut context = store.load_aggregate(world.organization.as_str()).await.unwrap();
    let events = events_of(&world, context.aggregate(), consume(70));
    world.log.hold_appends();
    let committing = store.clone();
    let commit = tokio::spawn(async move { committing.commit(events, context, HashMap::new()).await });
    let next = tokio::time::timeout(Duration::from_secs(1), async {
        loop {
            let mut next = store.load_aggregate(world.organization.as_str()).await.unwrap();
            if next.aggregate().balance() == Credits::new(30) {
                return;
            }
            drop(next);
            tokio::task::yield_now().await;
        }
    });
    next.await.expect("the next command is decided on the state that is not durable yet");
    assert!(!commit.is_finished());
    world.log.open_appends();
    assert_eq!(commit.await.unwrap().unwrap().len(), 1);
}
