//! When snapshots are written.

use std::sync::Arc;

use domain::Credits;

use crate::log::Log;
use crate::testing::world::{World, consume, reserve};

pub async fn c11_snapshots_are_due_by_events_and_bytes(log: Arc<dyn Log>) {
    let (world, node) = World::with_credits(log, 1_000_000).await;
    for batch in 0..11 {
        let requests = (0..50).map(|n| world.request(&format!("{batch}-{n}"), consume(1))).collect();
        assert!(node.execute_all(requests).await.iter().all(Result::is_ok));
    }
    assert_eq!(world.log.snapshots(), [256, 512], "a small state: every 256 events");
    // Two thousand open reservations make a state of several hundred kilobytes.
    for batch in 0..40 {
        let requests = (0..50).map(|n| world.request(&format!("r-{batch}-{n}"), reserve(1, 3_600))).collect();
        assert!(node.execute_all(requests).await.iter().all(Result::is_ok));
    }
    let snapshots = world.log.snapshots();
    assert!(snapshots.windows(2).all(|pair| pair[1] - pair[0] >= 256), "{snapshots:?}");
    assert!(snapshots.len() < 8, "a large state is not written every 256 events: {snapshots:?}");
    let cold = world.node();
    let loaded = world.log.load(&world.organization).await.unwrap();
    assert_eq!(Some(&loaded.snapshot_sequence), snapshots.last());
    let committed = cold.execute(world.request("cold", consume(1))).await.unwrap();
    assert_eq!(committed.events[0].sequence, 2_552);
    assert_eq!(committed.events[0].event.balance_after, Credits::new(1_000_000 - 551));
    world.events().await;
}
