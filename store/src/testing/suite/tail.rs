//! What a node keeps in memory of its own appends.

use std::sync::Arc;

use crate::ledger::Ledger;
use crate::log::{FeedLimit, Log};
use crate::record::RecordedEvent;
use crate::tail::Tails;
use crate::testing::world::{World, consume, eventually};

const ALL: FeedLimit = FeedLimit { events: 1_000, bytes: 1 << 20 };

fn partition(world: &World) -> u16 {
    world.organization.partition(world.log.partitions())
}

async fn feed(world: &World, after: u64, limit: FeedLimit) -> Vec<Arc<RecordedEvent>> {
    world.log.feed(partition(world), after, limit).await.expect("the log can be read")
}

fn events(tails: &Tails, world: &World, after: u64, limit: FeedLimit) -> Option<Vec<Arc<RecordedEvent>>> {
    tails.read(partition(world), after, limit).map(|page| page.events)
}

async fn spend(world: &World, node: &Ledger, keys: std::ops::Range<usize>) {
    for key in keys {
        node.execute(world.request(&format!("spend-{key}"), consume(1))).await.expect("there are enough credits");
    }
}

pub async fn c28_the_tail_answers_what_the_log_does(log: Arc<dyn Log>) {
    let (world, node) = World::with_credits(log, 100).await;
    let tails = node.tails();
    spend(&world, &node, 0..1).await;
    assert_eq!(tails.read(partition(&world), 0, ALL), None, "nothing is kept before somebody follows");
    let mut appended = tails.follow(partition(&world));
    spend(&world, &node, 1..9).await;
    appended.changed().await.expect("the node lives");
    let whole = feed(&world, 0, ALL).await;
    let last = whole.len() as u64;
    assert_eq!(*appended.borrow(), last);
    assert_eq!(tails.read(partition(&world), 0, ALL), None, "the first was not kept");
    for after in 2..last {
        let kept = events(&tails, &world, after, ALL);
        assert_eq!(kept, Some(feed(&world, after, ALL).await), "behind {after}");
    }
    let few = FeedLimit { events: 3, ..ALL };
    assert_eq!(events(&tails, &world, 2, few), Some(feed(&world, 2, few).await));
    let one = FeedLimit { bytes: 1, ..ALL };
    assert_eq!(events(&tails, &world, 2, one), Some(feed(&world, 2, one).await));
    let is_cut = |limit| tails.read(partition(&world), 2, limit).map(|page| page.is_cut);
    assert_eq!([is_cut(ALL), is_cut(few), is_cut(one)], [Some(false), Some(true), Some(true)]);
    assert_eq!(tails.read(partition(&world), last, ALL), None, "nothing is behind the end");
}

pub async fn c28_the_tail_begins_anew_behind_another_nodes_events(log: Arc<dyn Log>) {
    let (world, one) = World::with_credits(log, 100).await;
    let two = world.node();
    let tails = one.tails();
    let _followed = tails.follow(partition(&world));
    spend(&world, &one, 0..2).await;
    spend(&world, &two, 2..4).await;
    assert_eq!(tails.read(partition(&world), 3, ALL), None, "another node's are not here");
    spend(&world, &one, 4..6).await;
    let whole = feed(&world, 0, ALL).await;
    let last = whole.len() as u64;
    eventually("the newest are kept", async || tails.read(partition(&world), last - 1, ALL).is_some()).await;
    assert_eq!(tails.read(partition(&world), 1, ALL), None, "there is a gap behind these");
    assert_eq!(events(&tails, &world, last - 2, ALL), Some(feed(&world, last - 2, ALL).await));
}
