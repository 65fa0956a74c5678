//! Settlement, clocks, the sweeper.

use std::collections::HashSet;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use domain::commands::{CancelReservation, Expiry};
use domain::ids::ReservationId;
use domain::limits::MAX_SETTLED_EVENTS;
use domain::{Credits, OrganizationId};

use crate::clock::Clock as _;
use crate::engine::Limits;
use crate::ledger::{ExecuteError, Ledger};
use crate::log::Log;
use crate::testing::world::{
    World, a_while, consume, eventually, grant, grant_until, key, organization, refund, request, reserve, start,
};

/// A sweep as often as a case can wait for.
fn sweeping() -> Limits {
    Limits { sweep_interval: Duration::from_millis(10), ..World::quiet() }
}

pub async fn c03_settlement_is_its_own_command_and_kept_when_the_command_is_refused(log: Arc<dyn Log>) {
    let world = World::new(log);
    let node = world.node();
    node.execute(world.request("short", grant_until(100, Expiry::In(10)))).await.unwrap();
    world.clock.advance_seconds(20);
    let refused = node.execute(world.request("late", consume(50))).await;
    assert!(matches!(refused, Err(ExecuteError::Refused(_))));
    let events = world.events().await;
    let expired = events.iter().find(|event| event.event.fact.name() == "GrantExpired").expect("kept");
    assert_eq!((&expired.idempotency_key, expired.metadata.actor.as_str()), (&None, "system:settle"));
    assert_eq!(expired.event.occurred_at, events[0].event.occurred_at + chrono::TimeDelta::seconds(10));
    assert!(node.command(&world.organization, &key("late")).await.unwrap().is_none());

    node.execute(world.request("short-2", grant_until(100, Expiry::In(10)))).await.unwrap();
    world.clock.advance_seconds(20);
    let granted = node.execute(world.request("long", grant(7))).await.unwrap();
    assert_eq!(granted.events[0].event.fact.name(), "CreditsGranted");
    assert_eq!(granted.events[0].idempotency_key.as_deref(), Some("c:long"));
    assert_eq!(granted.events[0].event.balance_after, Credits::new(7));
    let commands: HashSet<_> = world.events().await.iter().map(|event| event.command_id).collect();
    assert_eq!(commands.len(), 5, "three grants, two settlements");
}

pub async fn c03_settlement_comes_in_pieces(log: Arc<dyn Log>) {
    let (world, node) = World::with_credits(log, 100_000).await;
    for batch in 0..6 {
        let requests = (0..100).map(|n| world.request(&format!("r-{batch}-{n}"), reserve(1, 10))).collect();
        assert!(node.execute_all(requests).await.iter().all(Result::is_ok));
    }
    world.clock.advance_seconds(20);
    let committed = node.execute(world.request("all", consume(100_000))).await.expect("all is released");
    assert_eq!(committed.events[0].command_index, 0);
    let events = world.events().await;
    let settled: Vec<_> = events.iter().filter(|event| event.metadata.actor == "system:settle").collect();
    assert_eq!(settled.iter().filter(|event| event.event.fact.name() == "ReservationExpired").count(), 600);
    let largest = settled.iter().map(|event| event.command_count).max().unwrap_or(0);
    assert!(usize::try_from(largest).unwrap() <= MAX_SETTLED_EVENTS);
}

pub async fn c12_time_never_runs_back_in_a_stream(log: Arc<dyn Log>) {
    let (world, node) = World::with_credits(log, 100).await;
    world.clock.advance_seconds(-30);
    node.execute(world.request("earlier", consume(1))).await.unwrap();
    let events = world.events().await;
    assert_eq!(events[1].event.occurred_at, events[0].event.occurred_at);
    assert_eq!(events[1].recorded_at, events[0].recorded_at);
    assert_eq!(events[0].recorded_at.timestamp_subsec_nanos() % 1_000, 0, "cut to the microsecond");
}

pub async fn c12_a_command_is_decided_at_the_time_it_was_settled_to(log: Arc<dyn Log>) {
    let world = World::new(log);
    let node = world.node();
    let granted = node.execute(world.request("short", grant_until(100, Expiry::In(10)))).await.unwrap();
    let expires_at = granted.events[0].event.occurred_at + chrono::TimeDelta::seconds(10);
    world.clock.advance_seconds(9);
    world.clock.jump_after_next_look(5);
    let spent = node.execute(world.request("just-in-time", consume(50))).await.expect("it has not expired yet");
    assert!(spent.events[0].event.occurred_at < expires_at, "expired credits were spent");
    let refused = node.execute(world.request("too-late", consume(50))).await;
    assert!(matches!(refused, Err(ExecuteError::Refused(_))));
}

pub async fn c12_a_node_with_a_wrong_clock_takes_no_commands(log: Arc<dyn Log>) {
    let (world, node) = World::with_credits(log, 100).await;
    assert_eq!(node.ready(), Ok(()));
    for ahead in [1_500, -1_500] {
        world.log.set_clock_ahead_ms(ahead);
        eventually("the node is not ready", async || node.ready().is_err()).await;
        let refused = node.execute(world.request("wrong", consume(1))).await;
        assert!(matches!(refused, Err(ExecuteError::Unavailable { .. })));
        world.log.set_clock_ahead_ms(900);
        eventually("the node is ready", async || node.ready().is_ok()).await;
    }
    world.node().execute(world.request("right", consume(1))).await.expect("within a second");
    world.log.set_clock_ahead_ms(1_500);
    let wrong_from_the_start = world.node().execute(world.request("wrong", consume(1))).await;
    assert!(matches!(wrong_from_the_start, Err(ExecuteError::Unavailable { .. })));
    assert_eq!(world.events().await.len(), 2);
}

pub async fn c12_a_node_with_a_wrong_clock_sweeps_nothing(log: Arc<dyn Log>) {
    let world = World::new(log);
    world.node().execute(world.request("short", grant_until(100, Expiry::In(10)))).await.unwrap();
    world.clock.advance_seconds(20);
    world.log.set_clock_ahead_ms(-20_000);
    let node = world.node_with(sweeping());
    a_while().await;
    assert!(node.ready().is_err());
    assert_eq!(world.names().await, ["CreditsGranted"], "by the database's clock it has not expired");
    world.log.set_clock_ahead_ms(0);
    eventually("the grant has expired", async || world.names().await.contains(&"GrantExpired")).await;
}

/// The database is not asked again within the hour: only the look at the time itself can notice.
pub async fn c12_a_clock_that_is_set_between_two_looks_decides_nothing(log: Arc<dyn Log>) {
    let seldom = Duration::from_secs(3_600);
    for forward in [3_600, -3_600] {
        let world = World::new(Arc::clone(&log));
        let node = world.node_with(Limits { clock_interval: seldom, ..sweeping() });
        node.execute(world.request("long", grant_until(100, Expiry::In(600)))).await.unwrap();
        world.log.set_clock_ahead_ms(-forward * 1_000);
        world.clock.step_seconds(forward);
        let refused = node.execute(world.request("spend", consume(1))).await;
        assert!(matches!(refused, Err(ExecuteError::Unavailable { .. })), "{refused:?}");
        a_while().await;
        assert!(node.ready().is_err());
        assert_eq!(world.names().await, ["CreditsGranted"]);
        world.log.set_clock_ahead_ms(0);
        world.node().execute(world.request("top-up", grant(1))).await.expect("the clock is right again");
    }
}

/// No command comes that could notice it first: an hour ahead, the grant would be gone.
pub async fn c12_a_strong_read_by_a_clock_that_was_set_shows_nothing(log: Arc<dyn Log>) {
    let (world, node) = World::with_credits(log, 100).await;
    node.execute(world.request("short", grant_until(100, Expiry::In(600)))).await.unwrap();
    let node = world.node_with(Limits { clock_interval: Duration::from_secs(3_600), ..World::quiet() });
    assert!(node.strong_balance(&world.organization).await.unwrap().is_some());
    world.log.set_clock_ahead_ms(-3_600_000);
    world.clock.step_seconds(3_600);
    for _ in 0..2 {
        let balance = node.strong_balance(&world.organization).await;
        assert!(matches!(balance, Err(ExecuteError::Unavailable { .. })), "{balance:?}");
        a_while().await;
    }
    assert!(node.ready().is_err());
}

/// As a command does, so that a node that has just started refuses none.
pub async fn c12_a_strong_read_waits_for_the_first_look_at_the_clocks(log: Arc<dyn Log>) {
    let (world, _node) = World::with_credits(log, 100).await;
    world.log.hold_clock();
    let node = world.node();
    let organization = world.organization.clone();
    let read = tokio::spawn(async move { node.strong_balance(&organization).await });
    a_while().await;
    assert!(!read.is_finished());
    world.log.open_clock();
    assert!(read.await.unwrap().unwrap().is_some());
}

/// No command comes that could notice it first.
pub async fn c12_a_clock_that_is_set_between_two_looks_sweeps_nothing(log: Arc<dyn Log>) {
    let world = World::new(log);
    let node = world.node_with(Limits { clock_interval: Duration::from_secs(3_600), ..sweeping() });
    node.execute(world.request("long", grant_until(100, Expiry::In(600)))).await.unwrap();
    world.log.set_clock_ahead_ms(-3_600_000);
    world.clock.step_seconds(3_600);
    eventually("the node is not ready", async || node.ready().is_err()).await;
    a_while().await;
    assert_eq!(world.names().await, ["CreditsGranted"], "by the database's clock it has not expired");
}

pub async fn c13_idle_organizations_are_settled(log: Arc<dyn Log>) {
    let world = World::new(log);
    world.node().execute(world.request("short", grant_until(100, Expiry::In(10)))).await.unwrap();
    let node = world.node_with(sweeping());
    world.clock.advance_seconds(20);
    eventually("the grant has expired", async || world.names().await.contains(&"GrantExpired")).await;
    let partition = world.organization.partition(world.log.partitions());
    let now = world.events().await[0].recorded_at + chrono::TimeDelta::seconds(20);
    eventually("nothing is due", async || world.log.due(partition, now, now, 10_000).await.unwrap().is_empty()).await;
    eventually("the sweep has passed by the cache", async || node.cached_organizations() == 0).await;
}

/// Many fall due at one instant: what commands wait for must not stand behind all of them.
pub async fn c13_a_sweep_corrects_due_times_together_and_leaves_connections_to_commands(log: Arc<dyn Log>) {
    const MANY: usize = 120;
    let world = World::new(log);
    let owners: Vec<_> = (0..MANY).map(|n| organization(&format!("many-{n}"))).collect();
    let grants = owners.iter().map(|owner| request(owner, "short", grant_until(100, Expiry::In(10)))).collect();
    assert!(world.node().execute_all(grants).await.iter().all(Result::is_ok));
    world.log.loads_at_once_max.store(0, Ordering::SeqCst);
    world.clock.advance_seconds(20);
    let _node = world.node_with(sweeping());
    let now = world.clock.now();
    let partitions = world.log.partitions();
    let swept = async || {
        for partition in 0..partitions {
            if !world.log.due(partition, now, now, 10_000).await.unwrap().is_empty() {
                return false;
            }
        }
        for owner in &owners {
            let events = world.log.stream(owner, 0, 10).await.unwrap();
            if !events.iter().any(|event| event.event.fact.name() == "GrantExpired") {
                return false;
            }
        }
        true
    };
    eventually("all have expired", swept).await;
    let corrections = world.log.corrections.load(Ordering::SeqCst);
    assert!(corrections < MANY / 4, "{corrections} corrections for {MANY} organizations");
    assert!(world.log.loads_at_once_max.load(Ordering::SeqCst) <= Limits::default().sweep_readers);
}

/// A sweeper that has to wait for its organization leaves the reads to the others, and its partition's sweep goes on.
pub async fn c13_an_organization_that_is_busy_for_long_delays_no_other_sweep(log: Arc<dyn Log>) {
    let world = World::new(log);
    let partition_of = |owner: &OrganizationId| owner.partition(world.log.partitions());
    let found = |is_beside: bool| {
        let beside = |owner: &OrganizationId| partition_of(owner) == partition_of(&world.organization);
        std::iter::repeat_with(|| organization("other")).find(|owner| beside(owner) == is_beside).expect("endless")
    };
    let others = [found(true), found(false)];
    let node = world.node_with(Limits { sweep_readers: 1, ..sweeping() });
    node.execute(world.request("short", grant_until(100, Expiry::In(10)))).await.unwrap();
    node.execute(world.request("spent", consume(10))).await.unwrap();
    for other in &others {
        node.execute(request(other, "longer", grant_until(100, Expiry::In(30)))).await.unwrap();
    }

    world.log.hold_entities();
    let busy = start(&node, world.request("refund", refund(&world.organization, "spent", 1)));
    a_while().await;
    world.clock.advance_seconds(20);
    a_while().await;
    assert!(!world.names().await.contains(&"GrantExpired"), "its sweeper waits");
    world.clock.advance_seconds(20);
    for other in &others {
        let expired = async || {
            let events = world.log.stream(other, 0, 10).await.unwrap();
            events.iter().any(|event| event.event.fact.name() == "GrantExpired")
        };
        eventually("the other has expired", expired).await;
    }
    world.log.open_entities();
    busy.await.unwrap().expect("it was taken");
    eventually("the grant has expired", async || world.names().await.contains(&"GrantExpired")).await;
}

/// A node that believes the log to know an earlier due time must not rely on it once a sweeper may have raised it.
pub async fn c13_a_due_time_corrected_by_another_node_is_told_again(log: Arc<dyn Log>) {
    let (world, node) = World::with_credits(log, 1_000).await;
    reserve_and_cancel(&world, &node, 60).await;
    node.execute(world.request("r-900", reserve(1, 900))).await.unwrap();
    world.clock.advance_seconds(61);
    let sweeper = world.node_with(sweeping());
    nothing_is_due(&world).await;
    node.execute(world.request("r-5", reserve(1, 5))).await.unwrap();
    world.clock.advance_seconds(6);
    eventually("the reservation has expired", async || world.names().await.contains(&"ReservationExpired")).await;
    assert_eq!(sweeper.ready(), Ok(()));
}

/// A sweep that is due earlier may raise it past what was told meanwhile.
pub async fn c13_a_due_time_behind_one_that_was_raised_is_told(log: Arc<dyn Log>) {
    let (world, node) = World::with_credits(log, 1_000).await;
    reserve_and_cancel(&world, &node, 60).await;
    reserve_and_cancel(&world, &node, 1_000).await;
    node.execute(world.request("r-2000", reserve(1, 2_000))).await.unwrap();
    world.clock.advance_seconds(61);
    let _sweeper = world.node_with(sweeping());
    nothing_is_due(&world).await;
    node.execute(world.request("r-1100", reserve(1, 1_100))).await.unwrap();
    world.clock.advance_seconds(1_101);
    eventually("the reservation has expired", async || world.names().await.contains(&"ReservationExpired")).await;
}

/// Behind an append that is read back a command waits for as long as the database does, and sweeps go on beside it.
pub async fn c13_a_due_time_is_told_however_long_its_command_waits(log: Arc<dyn Log>) {
    let (world, node) = World::with_credits(log, 1_000).await;
    reserve_and_cancel(&world, &node, 100).await;
    world.log.hold_appends();
    let waiting = start(&node, world.request("r-200", reserve(1, 200)));
    a_while().await;
    world.clock.advance_seconds(101);
    let _sweeper = world.node_with(sweeping());
    nothing_is_due(&world).await;
    world.log.open_appends();
    waiting.await.unwrap().expect("it was taken");
    world.clock.advance_seconds(100);
    eventually("the reservation has expired", async || world.names().await.contains(&"ReservationExpired")).await;
}

/// Leaves the log with a due time at which nothing is due.
async fn reserve_and_cancel(world: &World, node: &Ledger, seconds: u32) {
    let reserved = node.execute(world.request(&format!("r-{seconds}"), reserve(1, seconds))).await.unwrap();
    let reservation_id = ReservationId::new(reserved.events[0].entity_id.expect("a reservation"));
    let cancel = domain::Command::CancelReservation(CancelReservation { reservation_id });
    node.execute(world.request(&format!("cancel-{seconds}"), cancel)).await.unwrap();
}

/// Waits until the sweeper has corrected the due time.
async fn nothing_is_due(world: &World) {
    let partition = world.organization.partition(world.log.partitions());
    let now = world.clock.now();
    eventually("the due time is corrected", async || {
        !world.log.due(partition, now, now, 10_000).await.unwrap().contains(&world.organization)
    })
    .await;
}
