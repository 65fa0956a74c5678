//! What stops a projector stops it alone, and says so.

use std::sync::Arc;
use std::time::{Duration, Instant};

use projections::Projector;
use serde_json::Value;

use super::probe::{Poison, Probe};
use super::world::{World, organization};
use crate::support;
use crate::support::PARTITIONS;
use crate::support::http::Client;
use crate::support::node::Node;

/// Far enough into a batch that it has to be halved to be found.
const POISONED: u64 = 37;

#[tokio::test(flavor = "multi_thread")]
async fn a_poisoned_event_stops_that_projector_alone() {
    for poison in [Poison::Named, Poison::Refused, Poison::Panic] {
        let (world, good) = World::with_probe("good").await;
        let bad = Probe::new("bad");
        bad.migrate(&world.pool).await;
        world.spend(20, 900).await;
        let partition = organization(3).partition(PARTITIONS);
        bad.poison(partition, POISONED, poison);
        let both: Vec<Arc<dyn Projector>> = vec![Arc::clone(&bad) as _, Arc::clone(&good) as _];
        let runner = world.runner(both).await;
        world.caught_up("good").await;
        world.assert_counted("good").await;
        world
            .until("bad", "stops", |standings| {
                standings.iter().all(|standing| {
                    let is_there = standing.partition == partition;
                    let position = if is_there { POISONED - 1 } else { standing.end };
                    let stopped_at = standing.stop.as_ref().map(|stop| stop.position);
                    standing.position == position && stopped_at == is_there.then_some(POISONED)
                })
            })
            .await;
        let standing = &world.standings("bad").await[usize::from(partition)];
        let reason = &standing.stop.as_ref().unwrap().reason;
        let expected = if poison == Poison::Refused { "division by zero" } else { "the probe was told to" };
        assert!(reason.contains(expected), "{poison:?}: {reason}");

        // It is tried again by itself, and goes on from there.
        world.spend(20, 100).await;
        bad.cure();
        world.caught_up("bad").await;
        world.assert_counted("bad").await;
        assert!(world.standings("bad").await.iter().all(|standing| standing.stop.is_none()));
        runner.shutdown().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_row_of_the_log_that_cannot_be_read_stops_every_projector_there() {
    let (world, probe) = World::with_probe("probe").await;
    world.spend(20, 1_000).await;
    sqlx::raw_sql("UPDATE store.events SET event_version = '99.0.0' WHERE partition = 1 AND position = 20")
        .execute(&world.pool)
        .await
        .unwrap();
    let runner = world.runner(vec![probe]).await;
    let stopped = |standing: &projections::Standing| standing.stop.as_ref().map(|stop| stop.position);
    world
        .until("probe", "stops", |standings| {
            standings.iter().all(|standing| match standing.partition {
                1 => standing.position == 19 && stopped(standing) == Some(20),
                _ => standing.position == standing.end && stopped(standing).is_none(),
            })
        })
        .await;
    runner.shutdown().await;
}

/// As by a plain `CREATE INDEX`.
#[tokio::test(flavor = "multi_thread")]
async fn a_table_that_somebody_has_locked_stops_its_projector_alone() {
    let (world, good) = World::with_probe("good").await;
    let locked_out = Probe::new("locked_out");
    locked_out.migrate(&world.pool).await;
    let both: Vec<Arc<dyn Projector>> = vec![Arc::clone(&locked_out) as _, Arc::clone(&good) as _];
    let runner = world.runner(both).await;
    world.spend(20, 400).await;
    world.caught_up("locked_out").await;
    let mut lock = world.pool.begin().await.unwrap();
    sqlx::query("LOCK TABLE ledger.locked_out_v1 IN SHARE MODE").execute(&mut *lock).await.unwrap();
    world.spend(20, 400).await;
    world.caught_up("good").await;
    world.assert_counted("good").await;
    let is_locked_out = |stop: &projections::StopView| stop.reason.contains("lock timeout");
    world
        .until("locked_out", "stops", |standings| {
            standings.iter().all(|standing| standing.stop.as_ref().is_some_and(is_locked_out))
        })
        .await;
    lock.rollback().await.unwrap();
    world.caught_up("locked_out").await;
    world.assert_counted("locked_out").await;
    runner.shutdown().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_database_that_is_away_stops_nobody() {
    let (world, probe) = World::with_probe("probe").await;
    probe.set_away(true);
    let runner = world.runner(vec![Arc::clone(&probe) as _]).await;
    world.spend(8, 200).await;
    tokio::time::sleep(Duration::from_millis(300)).await;
    assert!(world.standings("probe").await.iter().all(|standing| standing.stop.is_none() && standing.position == 0));
    probe.set_away(false);
    world.caught_up("probe").await;
    world.assert_counted("probe").await;
    runner.shutdown().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_panic_outside_a_batch_ends_no_partition() {
    let (world, probe) = World::with_probe("probe").await;
    let runner = world.runner(vec![Arc::clone(&probe) as _]).await;
    probe.panic_outside_batches(3 * usize::from(PARTITIONS));
    world.spend(20, 400).await;
    world.caught_up("probe").await;
    world.assert_counted("probe").await;
    assert!(world.standings("probe").await.iter().all(|standing| standing.stop.is_none()));
    runner.shutdown().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn c29_a_checkpoint_past_the_end_stops_the_projector() {
    let (world, probe) = World::with_probe("probe").await;
    let runner = world.runner(vec![Arc::clone(&probe) as _]).await;
    world.spend(20, 1_000).await;
    world.caught_up("probe").await;
    runner.shutdown().await;
    // The log of before: the last events of a partition were never here.
    let end = world.standings("probe").await[2].end;
    world.cut(2, 5).await;
    let runner = world.runner(vec![Arc::clone(&probe) as _]).await;
    world.until("probe", "stops", |standings| standings[2].stop.is_some()).await;
    let stop = world.standings("probe").await[2].stop.clone().unwrap();
    assert!(stop.reason.contains("ends at") && stop.reason.contains("rebuild"), "{}", stop.reason);
    assert_eq!(stop.retry_at, None);

    // What is appended there later does not bring it back: those positions held other events.
    let next = super::world::ledger(&world.options).await;
    super::world::spend(&next, &1_000_000.into(), 20, 400).await;
    world.until("probe", "goes on elsewhere", |standings| standings[3].position == standings[3].end).await;
    let standing = &world.standings("probe").await[2];
    assert!(standing.end > end && standing.position == end && standing.stop.is_some(), "{standing:?}");
    runner.shutdown().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn c29_a_checkpoint_of_a_log_that_has_grown_again_stops_the_projector() {
    let (world, probe) = World::with_probe("probe").await;
    let runner = world.runner(vec![Arc::clone(&probe) as _]).await;
    world.spend(20, 1_000).await;
    world.caught_up("probe").await;
    runner.shutdown().await;
    world.cut(2, 5).await;
    // While nobody projects, other events take the places of those that are gone, and more.
    let next = super::world::ledger(&world.options).await;
    super::world::spend(&next, &1_000_000.into(), 20, 400).await;
    let before = world.standings("probe").await[2].clone();
    assert!(before.end > before.position && before.is_estranged, "{before:?}");
    let runner = world.runner(vec![Arc::clone(&probe) as _]).await;
    world.until("probe", "stops", |standings| standings[2].stop.is_some()).await;
    let standing = world.standings("probe").await[2].clone();
    let stop = standing.stop.unwrap();
    assert_eq!((standing.position, stop.position, stop.retry_at), (before.position, before.position, None));
    assert!(stop.reason.contains("another event") && stop.reason.contains("rebuild"), "{}", stop.reason);
    world.until("probe", "goes on elsewhere", |standings| standings[3].position == standings[3].end).await;
    let projector: Arc<dyn Projector> = probe;
    let clock = Arc::new(api::SystemClock::new());
    projections::rebuild::Rebuild::new(world.options.clone(), projector, clock).run(&|_| ()).await.unwrap();
    world.caught_up("probe").await;
    world.assert_counted("probe").await;
    runner.shutdown().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn c29_a_checkpoint_at_the_end_of_another_log_is_found_without_a_new_event() {
    let (world, probe) = World::with_probe("probe").await;
    let runner = world.runner(vec![probe]).await;
    world.spend(20, 1_000).await;
    world.caught_up("probe").await;
    let other = "UPDATE store.events e SET chain_hash = sha256('another') WHERE e.partition = 2
        AND e.position = (SELECT max(l.position) FROM store.events l WHERE l.partition = 2)";
    sqlx::raw_sql(other).execute(&world.pool).await.unwrap();
    world.until("probe", "stops", |standings| standings[2].stop.is_some()).await;
    assert!(world.standings("probe").await.iter().all(|standing| standing.stop.is_some() == (standing.partition == 2)));
    runner.shutdown().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn rows_of_another_version_are_left_alone() {
    let (world, probe) = World::with_probe("probe").await;
    let runner = world.runner(vec![Arc::clone(&probe) as _]).await;
    world.spend(8, 100).await;
    world.caught_up("probe").await;
    let before = world.rows("probe").await;
    probe.raise_version();
    world.spend(8, 100).await;
    // Several times what a partition rests.
    tokio::time::sleep(Duration::from_secs(1)).await;
    assert_eq!(world.rows("probe").await, before);
    runner.shutdown().await;
    // The next program says so, until its rows are there.
    let runner = world.runner(vec![Arc::clone(&probe) as _]).await;
    until_outdated(&runner, &["probe"]).await;
    let projector: Arc<dyn Projector> = probe;
    let rebuild =
        projections::rebuild::Rebuild::new(world.options.clone(), projector, Arc::new(api::SystemClock::new()));
    rebuild.run(&|_| ()).await.unwrap();
    world.caught_up("probe").await;
    world.assert_counted("probe").await;
    until_outdated(&runner, &[]).await;
    runner.shutdown().await;
}

/// The polls find out by themselves.
async fn until_outdated(runner: &projections::Runner, expected: &[&str]) {
    const TRIES: u32 = 600;
    for _ in 0..TRIES {
        if runner.monitor().outdated() == expected {
            return;
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    panic!("{:?} are outdated, not {expected:?}", runner.monitor().outdated());
}

/// The value of a gauge of a projector, in a partition.
async fn gauge(client: &Client, name: &str, projector: &str, partition: &Value) -> Option<f64> {
    let metrics = client.get("/metrics").await.unwrap().body;
    let of = |line: &&str| {
        line.starts_with(name)
            && line.contains(&format!("projector=\"{projector}\""))
            && line.contains(&format!("partition=\"{partition}\""))
    };
    let line = metrics.as_str().unwrap().lines().find(of)?;
    Some(line.rsplit(' ').next().unwrap().parse().unwrap())
}

#[tokio::test(flavor = "multi_thread")]
async fn readiness_metrics_log_and_status_show_a_stop() {
    let database = support::database().await;
    let log = tempfile::NamedTempFile::new().unwrap();
    let node = Node::start_logging(&database.url, &[], log.path()).await;
    let client = node.client();
    // The second event of its partition: nothing is used before.
    crate::acceptance::fund(&client, &["acme".to_owned()], 100).await;
    let until = async |what: &str, is_so: &dyn Fn(&Value) -> bool| {
        let started = Instant::now();
        loop {
            let ready = client.get("/readyz").await.unwrap().body;
            if is_so(&ready["projections"]) {
                return ready;
            }
            assert!(started.elapsed() < Duration::from_secs(30), "not {what}: {ready}");
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    };
    until("caught up", &|projections| projections["lag_events"] == 0).await;
    sqlx::raw_sql("ALTER TABLE ledger.usage_hourly_v1 RENAME COLUMN credits TO gone")
        .execute(&database.pool)
        .await
        .unwrap();
    let path = "/v1/organizations/acme/consumptions";
    client.post(path, "k", &serde_json::json!({"amount": 1})).await.unwrap();
    let is_stopped = |projections: &Value| projections["stopped"][0].is_object() && projections["lag_events"] == 0;
    let ready = until("stopped", &is_stopped).await;
    assert_eq!(ready["status"], "ready", "commands need no read model");
    let stopped = &ready["projections"]["stopped"];
    let partition = &stopped[0]["partition"];
    let of_event = "SELECT position FROM store.events WHERE event_type = 'CreditsConsumed'";
    let position: i64 = sqlx::query_scalar(of_event).fetch_one(&database.pool).await.unwrap();
    assert_eq!(
        (stopped[0]["projector"].as_str(), stopped[0]["position"].as_i64(), stopped[1].is_null()),
        (Some("usage"), Some(position), true),
        "{ready}"
    );

    // Gauges follow within a second.
    let names =
        ["stopped_position", "lag_events", "lag_seconds"].map(|name| format!("credit_ledger_projection_{name}"));
    let started = Instant::now();
    loop {
        let mut values = Vec::new();
        for projector in ["usage", "transactions"] {
            for name in &names {
                values.push(gauge(&client, name, projector, partition).await);
            }
        }
        let [stopped_at, behind, seconds, elsewhere @ ..] = &values[..] else { unreachable!("there are six") };
        #[expect(clippy::cast_precision_loss, reason = "a position of a test is small")]
        let is_told = *stopped_at == Some(position as f64) && behind.is_some_and(|events| events >= 1.0);
        if is_told && seconds.is_some_and(|seconds| seconds > 0.0) && *elsewhere == [Some(0.0); 3] {
            break;
        }
        assert!(started.elapsed() < Duration::from_secs(30), "{values:?}, stopped at {position}");
        tokio::time::sleep(Duration::from_millis(100)).await;
    }

    let lines = std::fs::read_to_string(log.path()).unwrap();
    let told = lines.lines().find(|line| line.contains("a projector has stopped")).expect("the log says so");
    for part in ["usage", &format!("partition={partition}"), &format!("position={position}"), "column"] {
        assert!(told.contains(part), "no {part} in {told}");
    }

    let status = support::node::command(&database.url, &["status", "--json"]).await;
    assert_eq!(status.status.code(), Some(1));
    let status: Value = serde_json::from_slice(&status.stdout).unwrap();
    assert!(status["projectors"].to_string().contains("credits"), "{status}");
}
