//! Rebuilding beside the live table, and the swap (CORRECTNESS C27).

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use api::SystemClock;
use projections::Projector;
use projections::rebuild::{Phase, Progress, Rebuild, RebuildError, Rebuilt};
use sqlx::Connection;

use super::probe::{Poison, Probe};
use super::world::World;

fn rebuild(world: &World, probe: &Arc<Probe>) -> Rebuild {
    Rebuild::new(world.options.clone(), Arc::clone(probe) as Arc<dyn Projector>, Arc::new(SystemClock::new()))
}

async fn count(world: &World, sql: &str) -> i64 {
    sqlx::query_scalar(sql).fetch_one(&world.pool).await.unwrap()
}

const TABLES: &str = "SELECT count(*) FROM pg_tables WHERE schemaname = 'ledger' AND tablename LIKE 'probe\\_v%'";

#[tokio::test(flavor = "multi_thread")]
async fn c27_a_rebuild_under_load_equals_the_live_table() {
    let (world, probe) = World::with_probe("probe").await;
    let world = Arc::new(world);
    world.spend(20, 3_000).await;
    let runner = world.runner(vec![Arc::clone(&probe) as _]).await;
    world.caught_up("probe").await;
    // Rows that no event made: they must be gone afterwards.
    sqlx::raw_sql("UPDATE ledger.probe_v1 SET events = events + 7").execute(&world.pool).await.unwrap();
    let stop = Arc::new(AtomicBool::new(false));
    let writing = tokio::spawn({
        let (world, stop) = (Arc::clone(&world), Arc::clone(&stop));
        async move {
            while !stop.load(Ordering::Relaxed) {
                world.spend(20, 100).await;
            }
        }
    });
    let rebuilt = rebuild(&world, &probe).run(&|_| ()).await.unwrap();
    stop.store(true, Ordering::Relaxed);
    writing.await.unwrap();
    assert!(matches!(rebuilt, Rebuilt { generation: 2, resumed: false, leftover: false, .. }), "{rebuilt:?}");
    assert!(rebuilt.events >= 3_000);
    world.caught_up("probe").await;
    world.assert_counted("probe").await;
    assert_eq!(count(&world, TABLES).await, 1, "the tables of before are dropped");
    runner.shutdown().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn c27_a_swap_keeps_rights_comments_indexes_and_the_views_of_others() {
    let (world, probe) = World::with_probe("probe").await;
    world.spend(5, 100).await;
    sqlx::raw_sql(
        "CREATE VIEW analytics.over_probe AS SELECT sum(events) AS n FROM ledger.probe;
         GRANT SELECT ON ledger.probe_v1 TO pg_monitor",
    )
    .execute(&world.pool)
    .await
    .unwrap();
    let shape = "SELECT string_agg(x, E'\\n' ORDER BY x) FROM (
        SELECT regexp_replace(pg_get_indexdef(indexrelid), '_v[0-9]+', '_v', 'g') AS x FROM pg_index
        WHERE indrelid = (SELECT format('ledger.probe_v%s', max(generation))::regclass FROM ledger.checkpoints)
        UNION ALL SELECT relacl::text FROM pg_class WHERE oid = 'ledger.probe'::regclass
        UNION ALL SELECT relacl::text FROM pg_class
        WHERE oid = (SELECT format('ledger.probe_v%s', max(generation))::regclass FROM ledger.checkpoints)
        UNION ALL SELECT obj_description('ledger.probe'::regclass) || col_description('ledger.probe'::regclass, 3)) s";
    let read = || async { sqlx::query_scalar::<_, String>(shape).fetch_one(&world.pool).await.unwrap() };
    let runner = world.runner(vec![Arc::clone(&probe) as _]).await;
    world.caught_up("probe").await;
    let before = read().await;
    for generation in 2..5 {
        assert_eq!(rebuild(&world, &probe).run(&|_| ()).await.unwrap().generation, generation);
        assert_eq!(read().await, before, "generation {generation}");
        assert_eq!(count(&world, "SELECT n::bigint FROM analytics.over_probe").await, 100);
    }
    assert!(before.contains("probe_v_by_events") && before.contains("pg_monitor") && before.contains("how many"));
    runner.shutdown().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn c27_a_swap_gives_way_to_a_long_select_and_blocks_no_reader() {
    let (world, probe) = World::with_probe("probe").await;
    world.spend(5, 100).await;
    let runner = world.runner(vec![Arc::clone(&probe) as _]).await;
    world.caught_up("probe").await;
    let mut analyst = world.pool.acquire().await.unwrap().detach();
    let mut long = analyst.begin().await.unwrap();
    sqlx::query("SELECT count(*) FROM ledger.probe").execute(&mut *long).await.unwrap();

    let (tell, mut told) = tokio::sync::watch::channel(false);
    let begun = rebuild(&world, &probe);
    let swapping = tokio::spawn(async move {
        let tell = move |progress: Progress| {
            tell.send_if_modified(|told| !std::mem::replace(told, progress.phase == Phase::Swapping));
        };
        begun.run(&tell).await
    });
    told.wait_for(|is_swapping| *is_swapping).await.unwrap();
    let (mut slowest, started) = (Duration::ZERO, Instant::now());
    while started.elapsed() < Duration::from_secs(4) {
        let asked = Instant::now();
        sqlx::query("SELECT count(*) FROM ledger.probe").execute(&world.pool).await.unwrap();
        slowest = slowest.max(asked.elapsed());
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    assert!(!swapping.is_finished(), "the long reader is in the way");
    assert!(slowest < Duration::from_secs(2), "a reader waited {slowest:?} behind the swap");
    world.spend(5, 100).await;
    world.caught_up("probe").await;
    long.rollback().await.unwrap();
    let rebuilt = swapping.await.unwrap().unwrap();
    assert_eq!(rebuilt.generation, 2);
    world.caught_up("probe").await;
    world.assert_counted("probe").await;
    runner.shutdown().await;
}

/// A migration between a rebuild that was cut off and the next one.
#[tokio::test(flavor = "multi_thread")]
async fn c27_a_rebuild_whose_tables_have_other_columns_than_the_live_ones_begins_anew() {
    let (world, probe) = World::with_probe("probe").await;
    world.spend(5, 100).await;
    let runner = world.runner(vec![Arc::clone(&probe) as _]).await;
    world.caught_up("probe").await;
    let mut analyst = world.pool.acquire().await.unwrap().detach();
    let mut long = analyst.begin().await.unwrap();
    sqlx::query("SELECT count(*) FROM ledger.probe").execute(&mut *long).await.unwrap();
    let impatient = Rebuild { patience: Duration::from_millis(100), ..rebuild(&world, &probe) };
    assert!(matches!(impatient.run(&|_| ()).await, Err(RebuildError::SwapBlocked)));
    long.rollback().await.unwrap();
    let migrated = "ALTER TABLE ledger.probe_v1 ADD COLUMN note text; SELECT ledger.publish('probe', 1)";
    sqlx::raw_sql(migrated).execute(&world.pool).await.unwrap();
    let rebuilt = rebuild(&world, &probe).run(&|_| ()).await.unwrap();
    assert!(matches!(rebuilt, Rebuilt { generation: 2, resumed: false, .. }), "{rebuilt:?}");
    assert_eq!(count(&world, "SELECT count(*) FROM ledger.probe WHERE note IS NULL").await, 5);
    world.assert_counted("probe").await;
    runner.shutdown().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_swap_that_is_blocked_for_too_long_gives_up_and_the_next_rebuild_goes_on() {
    let (world, probe) = World::with_probe("probe").await;
    world.spend(5, 100).await;
    let runner = world.runner(vec![Arc::clone(&probe) as _]).await;
    world.caught_up("probe").await;
    let mut analyst = world.pool.acquire().await.unwrap().detach();
    let mut long = analyst.begin().await.unwrap();
    sqlx::query("SELECT count(*) FROM ledger.probe").execute(&mut *long).await.unwrap();
    let impatient = Rebuild { patience: Duration::from_millis(100), ..rebuild(&world, &probe) };
    assert!(matches!(impatient.run(&|_| ()).await, Err(RebuildError::SwapBlocked)));
    world.assert_counted("probe").await;
    long.rollback().await.unwrap();
    let rebuilt = rebuild(&world, &probe).run(&|_| ()).await.unwrap();
    assert!(matches!(rebuilt, Rebuilt { generation: 2, resumed: true, .. }), "{rebuilt:?}");
    world.assert_counted("probe").await;
    runner.shutdown().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn c27_a_rebuild_that_dies_anywhere_goes_on_or_begins_anew() {
    let (world, probe) = World::with_probe("probe").await;
    world.spend(20, 2_000).await;
    let runner = world.runner(vec![Arc::clone(&probe) as _]).await;
    world.caught_up("probe").await;
    for millis in [1, 5, 10, 20, 30, 40, 60, 80] {
        let mut dying = rebuild(&world, &probe);
        dying.limits.rebuild_batch.events = 20;
        let cut_off = tokio::time::timeout(Duration::from_millis(millis), dying.run(&|_| ())).await;
        world.assert_counted("probe").await;
        if cut_off.is_ok() {
            break;
        }
        world.spend(20, 50).await;
        world.caught_up("probe").await;
    }
    // Begun by an older program: its rows are not what this one makes.
    probe.raise_version();
    let rebuilt = retried(&world, &probe).await;
    assert!(!rebuilt.resumed, "{rebuilt:?}");
    world.caught_up("probe").await;
    world.assert_counted("probe").await;
    assert_eq!(count(&world, TABLES).await, 1);
    assert!(world.standings("probe").await.iter().all(|standing| standing.version == 2));
    runner.shutdown().await;
}

/// A rebuild that was cut off lets go of its claim when its connection is found to be closed.
async fn retried(world: &World, probe: &Arc<Probe>) -> Rebuilt {
    for _ in 0..100 {
        match rebuild(world, probe).run(&|_| ()).await {
            Err(RebuildError::Busy) => tokio::time::sleep(Duration::from_millis(50)).await,
            ended => return ended.unwrap(),
        }
    }
    panic!("the claim is never let go of");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_rebuild_cures_a_stopped_projector_and_stops_where_an_event_cannot_be_projected() {
    let (world, probe) = World::with_probe("probe").await;
    world.spend(20, 1_000).await;
    let runner = world.runner(vec![Arc::clone(&probe) as _]).await;
    world.caught_up("probe").await;
    sqlx::raw_sql("DELETE FROM store.events WHERE partition = 2 AND position > 30").execute(&world.pool).await.unwrap();
    world.until("probe", "stops", |standings| standings[2].stop.is_some()).await;
    probe.poison(1, 10, Poison::Refused);
    let stopped = rebuild(&world, &probe).run(&|_| ()).await;
    assert!(matches!(stopped, Err(RebuildError::Stopped { partition: 1, position: 10, .. })), "{stopped:?}");
    probe.cure();
    let rebuilt = rebuild(&world, &probe).run(&|_| ()).await.unwrap();
    assert!(rebuilt.resumed, "{rebuilt:?}");
    assert!(world.standings("probe").await.iter().all(|standing| standing.stop.is_none()));
    world.assert_counted("probe").await;
    runner.shutdown().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn c27_a_rebuild_that_was_begun_on_another_log_begins_anew() {
    for is_grown_again in [false, true] {
        let (world, probe) = World::with_probe("probe").await;
        world.spend(20, 1_000).await;
        let blocked = count(&world, "SELECT max(position) FROM store.events WHERE partition = 1").await;
        // All is filled but the last event of one partition.
        probe.poison(1, blocked.unsigned_abs(), Poison::Refused);
        let filled = "SELECT count(*) FROM ledger.checkpoints c WHERE c.generation = 2 AND c.position >= (
            SELECT max(e.position) - 1 FROM store.events e WHERE e.partition = c.partition)";
        while count(&world, filled).await < i64::from(crate::support::PARTITIONS) {
            let stopped = rebuild(&world, &probe).run(&|_| ()).await;
            assert!(matches!(stopped, Err(RebuildError::Stopped { partition: 1, .. })), "{stopped:?}");
        }
        probe.cure();
        world.cut(2, 5).await;
        if is_grown_again {
            let next = super::world::ledger(&world.options).await;
            super::world::spend(&next, &1_000_000.into(), 20, 400).await;
        }
        let rebuilt = rebuild(&world, &probe).run(&|_| ()).await.unwrap();
        assert!(!rebuilt.resumed, "{rebuilt:?}");
        world.caught_up("probe").await;
        world.assert_counted("probe").await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn c27_a_swap_does_not_take_place_where_rows_would_be_lost() {
    let (world, probe) = World::with_probe("probe").await;
    world.spend(20, 1_000).await;
    let runner = world.runner(vec![Arc::clone(&probe) as _]).await;
    world.caught_up("probe").await;
    // Somebody holds a checkpoint of the next tables, which are passed over by every batch.
    let holder = world.pool.clone();
    let (tell, mut told) = tokio::sync::watch::channel(false);
    let holding = tokio::spawn(async move {
        loop {
            let mut transaction = holder.begin().await.unwrap();
            let held = "SELECT 1 FROM ledger.checkpoints WHERE NOT live AND partition = 2 FOR UPDATE";
            if sqlx::query(held).execute(&mut *transaction).await.unwrap().rows_affected() > 0 {
                told.wait_for(|is_over| *is_over).await.unwrap();
                return;
            }
        }
    });
    let rebuilt = rebuild(&world, &probe).run(&|_| ()).await;
    tell.send_replace(true);
    holding.await.unwrap();
    world.assert_counted("probe").await;
    assert!(matches!(rebuilt, Err(RebuildError::Behind { partition: 2, .. })), "{rebuilt:?}");
    rebuild(&world, &probe).run(&|_| ()).await.unwrap();
    world.assert_counted("probe").await;
    runner.shutdown().await;
}
