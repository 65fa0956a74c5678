//! Reading one's own writes.

use std::sync::Arc;
use std::time::Instant;

use projections::{Projector, WAIT_MAX, WaitError};

use super::probe::{Poison, Probe};
use super::world::{World, organization};
use crate::support::PARTITIONS;

#[tokio::test(flavor = "multi_thread")]
async fn c29_a_query_waits_for_the_projector_that_it_reads() {
    let (world, quick) = World::with_probe("quick").await;
    let slow = Probe::new("slow");
    slow.migrate(&world.pool).await;
    let both: Vec<Arc<dyn Projector>> = vec![Arc::clone(&quick) as _, Arc::clone(&slow) as _];
    let organization = organization(0);
    slow.poison(organization.partition(PARTITIONS), 2, Poison::Named);
    let runner = world.runner(both).await;
    let waiter = runner.waiter();
    world.spend(1, 3).await;

    waiter.seen("quick", &organization, 3).await.unwrap();
    let seen: i64 = sqlx::query_scalar("SELECT last_sequence FROM ledger.quick").fetch_one(&world.pool).await.unwrap();
    assert_eq!(seen, 3);
    // Its own checkpoint is what counts, and its own event.
    waiter.seen("slow", &organization, 1).await.unwrap();
    waiter.seen("slow", &organization, 0).await.unwrap();
    let started = Instant::now();
    let late = waiter.seen("slow", &organization, 3).await;
    assert!(matches!(late, Err(WaitError::TimedOut { projector: "slow", .. })), "{late:?}");
    assert!(started.elapsed() >= WAIT_MAX && started.elapsed() < WAIT_MAX * 2);
    slow.cure();
    waiter.seen("slow", &organization, 3).await.unwrap();

    let past = waiter.seen("quick", &organization, 4).await;
    assert!(matches!(past, Err(WaitError::PastTheEnd { min_sequence: 4, last: 3 })), "{past:?}");
    let unknown = waiter.seen("quick", &super::world::organization(9), 1).await;
    assert!(matches!(unknown, Err(WaitError::PastTheEnd { min_sequence: 1, last: 0 })), "{unknown:?}");
    runner.shutdown().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn c29_a_node_that_does_not_project_waits_for_those_that_do() {
    let (world, probe) = World::with_probe("probe").await;
    let projecting = world.runner(vec![Arc::clone(&probe) as _]).await;
    let mut settings = world.settings(vec![probe]);
    settings.projects = false;
    let reading = projections::Runner::start(settings).await.unwrap();
    world.spend(1, 50).await;
    reading.waiter().seen("probe", &organization(0), 50).await.unwrap();
    let seen: i64 = sqlx::query_scalar("SELECT last_sequence FROM ledger.probe").fetch_one(&world.pool).await.unwrap();
    assert_eq!(seen, 50);
    reading.shutdown().await;
    projecting.shutdown().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn c29_a_query_does_not_take_a_restored_database_for_one_that_has_its_rows() {
    let (world, probe) = World::with_probe("probe").await;
    let projecting = world.runner(vec![Arc::clone(&probe) as _]).await;
    let watching = projections::Settings { projects: false, ..world.settings(vec![probe]) };
    let watching = projections::Runner::start(watching).await.unwrap();
    world.spend(1, 3).await;
    watching.waiter().seen("probe", &organization(0), 3).await.unwrap();
    projecting.shutdown().await;
    let restored = "UPDATE ledger.checkpoints SET position = 0, chain_hash = NULL";
    sqlx::raw_sql(restored).execute(&world.pool).await.unwrap();
    tokio::time::sleep(std::time::Duration::from_millis(500)).await;
    let late = watching.waiter().seen("probe", &organization(0), 3).await;
    assert!(matches!(late, Err(WaitError::TimedOut { .. })), "{late:?}");
    watching.shutdown().await;
}

/// A partition rests between batches, and a query would wait as long.
#[tokio::test(flavor = "multi_thread")]
async fn c29_a_query_that_waits_ends_the_rest_of_its_partition() {
    let (world, probe) = World::with_probe("probe").await;
    let mut settings = world.settings(vec![probe]);
    settings.limits.rest = u32::MAX;
    settings.limits.pause_max = WAIT_MAX * 100;
    let runner = projections::Runner::start(settings).await.unwrap();
    world.spend(1, 1).await;
    runner.waiter().seen("probe", &organization(0), 1).await.unwrap();
    for sequence in 2..5 {
        world.spend(1, 1).await;
        runner.waiter().seen("probe", &organization(0), sequence).await.unwrap();
    }
    runner.shutdown().await;
}

/// A batch ends at its bytes as it does at its events, and what is behind it is due at once.
#[tokio::test(flavor = "multi_thread")]
async fn c29_a_query_behind_many_batches_waits_for_no_rest_between_them() {
    let (world, probe) = World::with_probe("probe").await;
    let mut settings = world.settings(vec![probe]);
    settings.limits.rest = u32::MAX;
    settings.limits.pause_max = WAIT_MAX * 100;
    settings.limits.batch.bytes = 1;
    world.spend(1, 20).await;
    let runner = projections::Runner::start(settings).await.unwrap();
    runner.waiter().seen("probe", &organization(0), 20).await.expect("from the table");
    world.spend(1, 20).await;
    runner.waiter().seen("probe", &organization(0), 40).await.expect("from memory");
    runner.shutdown().await;
}
