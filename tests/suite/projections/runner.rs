//! Exactly one effect an event, whoever projects.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use projections::{Limits, Projector, Runner, Settings, Target};
use store::log::{FeedLimit, Log};
use store::postgres::PostgresLog;

use super::probe::Probe;
use super::world::{World, ledger, organization, spend};
use crate::support::PARTITIONS;
use crate::support::proxy::Proxy;
use crate::support::wire::{Executed, Wire};

const ALL: FeedLimit = FeedLimit { events: 100_000, bytes: 1 << 30 };

#[tokio::test(flavor = "multi_thread")]
async fn every_event_has_its_effect_exactly_once() {
    let (world, probe) = World::with_probe("probe").await;
    world.spend(20, 600).await;
    let runner = world.runner(vec![Arc::clone(&probe) as _]).await;
    world.spend(20, 1_400).await;
    world.caught_up("probe").await;
    world.assert_counted("probe").await;
    runner.shutdown().await;

    // A new runner goes on where the checkpoints are.
    world.spend(20, 300).await;
    let runner = world.runner(vec![probe]).await;
    world.caught_up("probe").await;
    world.assert_counted("probe").await;
    runner.shutdown().await;
}

/// What was asked has arrived, and no answer comes: TCP does not end such a wait.
#[tokio::test(flavor = "multi_thread")]
async fn c28_a_database_that_falls_silent_is_projected_again_once_it_answers() {
    const TOO_LONG: Duration = Duration::from_secs(60);
    let (world, probe) = World::with_probe("probe").await;
    let (proxy, options) = Proxy::start(&world.options).await;
    let settings = Settings { options, ..world.settings(vec![probe]) };
    let runner = Runner::start(settings).await.unwrap();
    world.spend(20, 200).await;
    world.caught_up("probe").await;
    assert!(runner.monitor().age() < Duration::from_secs(2));

    proxy.fall_silent_after("COMMIT");
    world.spend(20, 200).await;
    tokio::time::sleep(Duration::from_secs(3)).await;
    assert!(proxy.is_silent(), "a batch is under way");
    assert!(runner.monitor().age() > Duration::from_secs(2), "nobody takes for known what is not");
    let begun = Instant::now();
    proxy.speak();
    world.spend(20, 200).await;
    let behind = async || world.standings("probe").await.iter().any(|standing| standing.position < standing.end);
    while behind().await {
        assert!(begun.elapsed() < TOO_LONG, "it is never projected again");
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    world.assert_counted("probe").await;
    runner.shutdown().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_batch_that_was_applied_and_not_committed_leaves_nothing() {
    let (world, probe) = World::with_probe("probe").await;
    world.spend(5, 50).await;
    let log = PostgresLog::connect(world.options.clone(), 2).await.unwrap();
    for partition in 0..log.partitions() {
        let events = log.feed(partition, 0, ALL).await.unwrap();
        let mut cut_off = world.pool.begin().await.unwrap();
        probe.apply(&mut cut_off, &Target::FIRST, &events).await.unwrap();
        cut_off.rollback().await.unwrap();
    }
    let runner = world.runner(vec![probe]).await;
    world.caught_up("probe").await;
    world.assert_counted("probe").await;
    runner.shutdown().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn c28_a_gap_in_the_tail_falls_back_to_the_table() {
    let (world, probe) = World::with_probe("probe").await;
    let other = ledger(&world.options).await;
    let runner = world.runner(vec![Arc::clone(&probe) as _]).await;
    let next = AtomicUsize::new(0);
    // By turns, so that each node's tail has gaps of the other's events.
    for _ in 0..20 {
        spend(&world.ledger, &next, 8, 40).await;
        spend(&other, &next, 8, 40).await;
    }
    world.caught_up("probe").await;
    world.assert_counted("probe").await;
    runner.shutdown().await;
}

/// What a projector reads of the log.
fn reads_the_feed(executed: &Executed) -> bool {
    executed.sql.contains("FROM store.events e WHERE e.partition = $1 AND e.position > $2")
}

/// What begins every batch.
fn begins_a_batch(executed: &Executed) -> bool {
    executed.sql.contains("FOR UPDATE SKIP LOCKED")
}

#[tokio::test(flavor = "multi_thread")]
async fn c28_projectors_share_batches_and_batches_are_bounded() {
    let (world, probe) = World::with_probe("probe").await;
    let second = Probe::new("second");
    second.migrate(&world.pool).await;
    world.spend(20, 900).await;
    let wire = Wire::to(&world.options).await;
    let mut settings = world.settings(vec![Arc::clone(&probe) as _, Arc::clone(&second) as _]);
    settings.options = wire.options.clone();
    settings.limits.batch.events = 64;
    settings.tails = None;
    let runner = Runner::start(settings).await.unwrap();
    world.caught_up("probe").await;
    world.caught_up("second").await;
    world.assert_counted("probe").await;
    world.assert_counted("second").await;
    assert!(probe.largest.load(Ordering::Relaxed) <= 64);
    let batches = probe.batches.load(Ordering::Relaxed);
    assert_eq!(batches, second.batches.load(Ordering::Relaxed));
    // The log was whole before the runner began, so a read behind an earlier place than its end found events.
    let ends: Vec<u64> = world.standings("probe").await.iter().map(|standing| standing.end).collect();
    let places = wire.take().into_iter().filter(reads_the_feed).map(|read| (read.number(0), read.number(1)));
    let of_events =
        places.filter(|(partition, after)| after.unsigned_abs() < ends[usize::try_from(*partition).unwrap()]);
    let reads: Vec<_> = of_events.collect();
    assert_eq!(reads.len(), batches, "one read a batch, whoever shares it: {reads:?}");
    runner.shutdown().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn c28_one_poll_sees_all_partitions_and_wakes_only_what_is_behind() {
    let (world, probe) = World::with_probe("probe").await;
    world.spend(20, 100).await;
    let wire = Wire::to(&world.options).await;
    let mut settings = world.settings(vec![probe]);
    settings.options = wire.options.clone();
    settings.tails = None;
    let poll = settings.limits.poll;
    let runner = Runner::start(settings).await.unwrap();
    world.caught_up("probe").await;
    // A poll that was under way may have woken somebody in vain.
    tokio::time::sleep(poll * 10).await;

    wire.take();
    let since = Instant::now();
    tokio::time::sleep(poll * 20).await;
    let idle = wire.take();
    let at_most = since.elapsed().as_millis() / poll.as_millis() + 2;
    let is_poll = |executed: &Executed| executed.sql.contains("FROM ledger.checkpoints c\n    LEFT JOIN LATERAL");
    assert!(idle.iter().all(is_poll), "nothing is behind: {idle:#?}");
    assert!((2..=at_most).contains(&(idle.len() as u128)), "{} polls, {at_most} at most", idle.len());

    // One organization's partition falls behind.
    let partition = i64::from(organization(0).partition(PARTITIONS));
    world.spend(1, 5).await;
    world.caught_up("probe").await;
    tokio::time::sleep(poll * 10).await;
    let woken: Vec<i64> = wire.take().iter().filter(|e| begins_a_batch(e)).map(|batch| batch.number(0)).collect();
    assert!(!woken.is_empty() && woken.iter().all(|of| *of == partition), "{partition} is behind, woken: {woken:?}");
    world.assert_counted("probe").await;
    runner.shutdown().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn two_nodes_share_the_work_and_take_over_from_each_other() {
    /// Until both have worked: whose poll or signal comes first is nobody's promise.
    const PATIENCE: Duration = Duration::from_secs(60);
    let (world, probe) = World::with_probe("probe").await;
    // Each node has a probe of its own on the one table, so that it can be told who worked.
    let probes = [probe, Probe::new("probe")];
    let nodes =
        [world.runner(vec![Arc::clone(&probes[0]) as _]).await, world.runner(vec![Arc::clone(&probes[1]) as _]).await];
    let started = Instant::now();
    while probes.iter().any(|probe| probe.batches.load(Ordering::Relaxed) == 0) {
        assert!(started.elapsed() < PATIENCE, "one node does everything");
        world.spend(20, 500).await;
    }
    let [first, second] = nodes;
    first.shutdown().await;
    let before = probes[1].batches.load(Ordering::Relaxed);
    world.spend(20, 1_000).await;
    world.caught_up("probe").await;
    world.assert_counted("probe").await;
    assert!(probes[1].batches.load(Ordering::Relaxed) > before);
    second.shutdown().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn c26_no_snapshot_outlives_a_batch() {
    let (world, probe) = World::with_probe("probe").await;
    let world = Arc::new(world);
    let runner = world.runner(vec![probe]).await;
    let stop = Arc::new(AtomicBool::new(false));
    let writing = tokio::spawn({
        let (world, stop) = (Arc::clone(&world), Arc::clone(&stop));
        async move {
            while !stop.load(Ordering::Relaxed) {
                world.spend(20, 200).await;
            }
        }
    });
    let mut oldest = Duration::ZERO;
    for _ in 0..60 {
        let age: i64 = sqlx::query_scalar(
            "SELECT coalesce(max(extract(epoch FROM clock_timestamp() - xact_start) * 1000), 0)::bigint
             FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()",
        )
        .fetch_one(&world.pool)
        .await
        .unwrap();
        oldest = oldest.max(Duration::from_millis(age.unsigned_abs()));
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    stop.store(true, Ordering::Relaxed);
    writing.await.unwrap();
    world.caught_up("probe").await;
    // A batch takes some hundredths of a second; this machine is shared.
    assert!(oldest < Duration::from_millis(1_000), "a transaction was open for {oldest:?}");
    tokio::time::sleep(Limits::default().poll * 2).await;
    let open: i64 = sqlx::query_scalar(
        "SELECT count(*) FROM pg_stat_activity
         WHERE datname = current_database() AND state LIKE 'idle in transaction%' AND pid <> pg_backend_pid()",
    )
    .fetch_one(&world.pool)
    .await
    .unwrap();
    assert_eq!(open, 0, "transactions that nobody works in");
    runner.shutdown().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_app_role_projects() {
    let (world, probe) = World::with_probe("probe").await;
    let mut settings = world.settings(vec![probe]);
    settings.options = settings.options.options([("role", "ledger_app")]);
    let runner = Runner::start(settings).await.unwrap();
    world.spend(20, 200).await;
    world.caught_up("probe").await;
    world.assert_counted("probe").await;
    runner.shutdown().await;
}
