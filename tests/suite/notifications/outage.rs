//! Endpoints that are away: for an hour, for longer than a day; servers that die and share the work meanwhile.

use std::time::Duration;

use serde_json::json;

use super::receiver::{genuine, in_order};
use super::world::World;

const MINUTE: Duration = Duration::from_secs(60);
const HOUR: Duration = Duration::from_secs(3600);

/// An hour of simulated time in steps, with events on the way.
async fn an_hour(world: &World, purchases: &mut u32) {
    for step in 1..=12 {
        world.at(5 * MINUTE * step);
        for organization in ["acme", "globex", "initech"] {
            *purchases += 1;
            world.purchase(organization, &format!("order-{purchases}")).await;
        }
        tokio::time::sleep(Duration::from_millis(400)).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_endpoint_that_is_down_for_an_hour_gets_each_event_once_and_in_order() {
    let world = World::new().await;
    let (id, secret) = world.endpoint("/hooks", json!({})).await;
    world.purchase("acme", "before").await;
    world.receiver.settled("/hooks", 1).await;

    world.receiver.answers(503);
    let mut purchases = 0;
    an_hour(&world, &mut purchases).await;
    // The balance falls and is used up while nobody listens.
    world.command("globex", "consumptions", "c", json!({"amount": 1_200})).await;
    let failed = world.receiver.tries("/hooks");
    assert!(failed.len() > 15, "it was tried now and then: {}", failed.len());
    assert!(failed.len() < 200, "and not all the time: {}", failed.len());
    assert_eq!(world.receiver.taken("/hooks").len(), 1);

    world.receiver.answers(200);
    world.at(3 * HOUR);
    // Two alerts of globex: low, and used up.
    let expected = 1 + purchases as usize + 2;
    let taken = world.receiver.settled("/hooks", expected).await;
    let counts = in_order(&taken);
    assert_eq!((counts["acme"], counts["globex"], counts["initech"]), (13, 14, 12));
    let kinds: Vec<&str> = taken.iter().filter(|one| one.organization() == "globex").map(|one| one.kind()).collect();
    assert_eq!(kinds[12..], ["credits.balance.low", "credits.balance.depleted"]);
    assert!(genuine(&secret, &world.receiver.tries("/hooks")).await.into_iter().all(|genuine| genuine), "every try");

    let delivered = world.deliveries_in(&id, "delivered", expected).await;
    assert_eq!(delivered.len(), expected);
    assert!(delivered.iter().any(|delivery| delivery["tries"].as_u64() > Some(2)), "{delivered:#?}");
    let same = |id: &str| {
        let tries = world.receiver.tries("/hooks").into_iter().filter(|one| one.id == id).collect::<Vec<_>>();
        assert!(tries.iter().all(|one| one.text == tries[0].text), "every try has the same bytes");
    };
    taken.iter().for_each(|one| same(&one.id));
}

#[tokio::test(flavor = "multi_thread")]
async fn servers_that_share_the_work_and_die_repeat_under_the_same_id_and_lose_nothing() {
    let mut world = World::new().await;
    world.add_node().await;
    let (_, secret) = world.endpoint("/hooks", json!({})).await;
    // Slow enough that a server dies with requests under way.
    world.receiver.decides(|_| (200, Duration::from_millis(60)));
    let organizations: Vec<String> = (0..6).map(|n| format!("org-{n}")).collect();
    for round in 0..10 {
        for organization in &organizations {
            world.purchase(organization, &format!("{organization}-{round}")).await;
        }
        if round % 4 == 2 {
            world.nodes[0].kill();
            world.nodes.remove(0);
            world.add_node().await;
        }
    }
    // Claims of the dead end.
    world.at(2 * MINUTE);
    let taken = world.receiver.settled("/hooks", 60).await;
    assert!(in_order(&taken).into_values().all(|count| count == 10));
    assert!(genuine(&secret, &taken).await.into_iter().all(|genuine| genuine));
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_not_taken_for_a_day_is_parked_and_sent_again_by_hand() {
    let world = World::new().await;
    let (id, _) = world.endpoint("/hooks", json!({})).await;
    world.receiver.answers(500);
    for n in 0..4 {
        world.purchase("acme", &format!("order-{n}")).await;
    }
    world.deliveries_in(&id, "waiting", 4).await;
    world.at(25 * HOUR);
    let parked = world.deliveries_in(&id, "parked", 4).await;
    let error = parked[0]["error"].as_str().expect("why");
    assert!(error.contains("500") && parked[0]["status"] == 500, "{parked:#?}");
    let tries = world.receiver.tries("/hooks").len();
    world.at(60 * HOUR);
    tokio::time::sleep(Duration::from_secs(1)).await;
    assert_eq!(world.receiver.tries("/hooks").len(), tries, "nobody tries what is parked");
    let ready = world.ok("GET", "/readyz", json!(null)).await;
    assert!(ready["notifications"]["parked"].as_u64() <= Some(4), "{ready}");

    world.receiver.answers(200);
    let one = parked[3]["id"].as_str().expect("an id");
    let path = format!("/v1/notification-endpoints/{id}/resend");
    let again = world.ok("POST", &path, json!({"delivery_id": parked[0]["id"]})).await;
    assert_eq!(again, json!({"count": 1, "has_more": false}));
    world.receiver.settled("/hooks", 1).await;
    let rest = world.ok("POST", &path, json!({})).await;
    assert_eq!(rest, json!({"count": 3, "has_more": false}));
    let taken = world.receiver.settled("/hooks", 4).await;
    assert_eq!(taken[1].id, one, "the oldest of those that were left is first");
    in_order(&taken[1..]);

    // What was delivered can be sent again, too: the receiver knows its id.
    world.ok("POST", &path, json!({"delivery_id": one})).await;
    world.deliveries_in(&id, "delivered", 4).await;
    assert_eq!(world.receiver.settled("/hooks", 4).await.len(), 4);
    assert_eq!(world.receiver.tries("/hooks").iter().filter(|one| one.status == 200).count(), 5);
}
