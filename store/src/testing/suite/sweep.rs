//! An organization that holds its sweeper up holds up no other of its partition (CORRECTNESS C13).

use std::sync::Arc;
use std::time::Duration;

use domain::OrganizationId;
use domain::commands::Expiry;

use crate::engine::Limits;
use crate::log::Log;
use crate::testing::world::{
    World, a_while, consume, eventually, grant, grant_until, organization, refund, request, start,
};

/// Organizations of the world's partition.
fn beside(world: &World, count: usize) -> Vec<OrganizationId> {
    let partition_of = |owner: &OrganizationId| owner.partition(world.log.partitions());
    let any = std::iter::repeat_with(|| organization("beside"));
    any.filter(|owner| partition_of(owner) == partition_of(&world.organization)).take(count).collect()
}

/// Grants that expire in so many seconds.
async fn expiring(world: &World, owner: &OrganizationId, seconds: u32) {
    let short = request(owner, "short", grant_until(100, Expiry::In(seconds)));
    world.node().execute(short).await.expect("a grant is accepted");
}

async fn has_expired(world: &World, owner: &OrganizationId) -> bool {
    let events = world.log.stream(owner, 0, 10).await.expect("the log can be read");
    events.iter().any(|event| event.event.fact.name() == "GrantExpired")
}

/// A command takes the organization while its sweeper waits for a place among the reads.
pub async fn c13_a_sweeper_with_a_place_waits_for_no_organization(log: Arc<dyn Log>) {
    let world = World::new(log);
    let [slow, other] = beside(&world, 2).try_into().expect("two");
    let busy = &world.organization;
    world.node().execute(world.request("long", grant(100))).await.unwrap();
    world.node().execute(world.request("spent", consume(10))).await.unwrap();
    // Swept in this order.
    for (owner, seconds) in [(&slow, 10), (busy, 11), (&other, 12)] {
        expiring(&world, owner, seconds).await;
    }
    world.clock.advance_seconds(20);
    world.log.hold_loads_of(&slow);
    world.log.hold_entities();
    let one_place = Limits { sweep_readers: 1, sweep_interval: Duration::from_millis(10), ..World::quiet() };
    let node = world.node_with(one_place);
    a_while().await;
    let command = start(&node, world.request("refund", refund(busy, "spent", 1)));
    a_while().await;
    assert!(!has_expired(&world, &other).await, "its sweeper waits for the place");
    world.log.open_loads();
    eventually("the other has expired", async || has_expired(&world, &other).await).await;
    world.log.open_entities();
    command.await.unwrap().expect("it was taken");
}

/// It is due first, whenever the sweeper looks.
pub async fn c13_an_organization_that_cannot_be_loaded_delays_no_other(log: Arc<dyn Log>) {
    let world = World::new(log);
    let others = beside(&world, 8);
    expiring(&world, &world.organization, 5).await;
    for other in &others {
        expiring(&world, other, 10).await;
    }
    world.log.fail_loads_of(&world.organization);
    world.clock.advance_seconds(20);
    // Two at once, and so seldom that a pause for each of the others takes too long.
    let seldom = Limits { sweep_permits: 2, sweep_interval: Duration::from_millis(700), ..World::quiet() };
    let _node = world.node_with(seldom);
    let all_have_expired = async || {
        for other in &others {
            if !has_expired(&world, other).await {
                return false;
            }
        }
        true
    };
    eventually("the others have expired", all_have_expired).await;
    assert!(!has_expired(&world, &world.organization).await);
}
