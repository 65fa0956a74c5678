//! Grants that are about to expire are told of ahead of time, once.

use std::time::Duration;

use serde_json::{Value, json};

use super::receiver::Received;
use super::world::World;

const DAY: u64 = 24 * 3600;

async fn grant(world: &World, organization: &str, key: &str, days: u64) -> String {
    let body = json!({"amount": 100, "reason": "trial", "expires_in_seconds": days * DAY});
    let granted = world.command(organization, "grants", key, body).await;
    granted["id"].as_str().expect("an id").to_owned()
}

fn ids(taken: &[Received]) -> Vec<String> {
    let mut ids: Vec<String> =
        taken.iter().map(|one| one.body["data"]["grant_id"].as_str().expect("a grant").to_owned()).collect();
    ids.sort_unstable();
    ids
}

#[tokio::test(flavor = "multi_thread")]
async fn each_grant_is_told_of_once_an_endpoint_whatever_dies() {
    let mut world = World::new().await;
    world.add_node().await;
    let types = json!({"types": ["credits.grant.expiring"]});
    let (first, _) = world.endpoint("/first", types.clone()).await;
    let mut expected = Vec::new();
    for organization in ["acme", "globex", "initech"] {
        for n in 0..5 {
            expected.push(grant(&world, organization, &format!("g-{n}"), 10).await);
        }
        grant(&world, organization, "later", 40).await;
    }
    // Used up before it is time to tell of it.
    grant(&world, "umbrella", "g", 10).await;
    world.command("umbrella", "consumptions", "c", json!({"amount": 100})).await;
    tokio::time::sleep(Duration::from_secs(1)).await;
    assert!(world.receiver.tries("/first").is_empty(), "not ten days ahead");

    world.receiver.decides(|_| (200, Duration::from_millis(30)));
    world.at(Duration::from_secs(4 * DAY));
    world.receiver.wait("/first", 3).await;
    world.nodes[0].kill();
    world.nodes.remove(0);
    world.add_node().await;
    // Past the claims of the dead, and past many looks.
    world.at(Duration::from_secs(4 * DAY + 3600));
    let taken = world.receiver.settled("/first", 15).await;
    expected.sort_unstable();
    assert_eq!(ids(&taken), expected);
    assert!(taken.iter().all(|one| one.body["data"]["remaining"] == 100), "{taken:#?}");

    // An endpoint that comes later is told of what is still ahead; the first one is not told again, even when its
    // deliveries are gone.
    sqlx::query("DELETE FROM payments.notification_deliveries").execute(&world.database.pool).await.unwrap();
    world.endpoint("/second", types).await;
    world.at(Duration::from_secs(4 * DAY + 7200));
    assert_eq!(ids(&world.receiver.settled("/second", 15).await), expected);
    assert_eq!(world.receiver.settled("/first", 15).await.len(), 15);
    assert!(world.deliveries(&first, "").await.is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_short_grant_is_told_of_at_once_and_its_end_and_a_lost_reservation_too() {
    let world = World::new().await;
    world.endpoint("/hooks", json!({})).await;
    let id = grant(&world, "acme", "short", 2).await;
    world.command("acme", "reservations", "r", json!({"amount": 30, "expires_in_seconds": 900})).await;
    world.at(Duration::from_secs(600));
    let told = world.receiver.settled("/hooks", 1).await;
    assert_eq!((told[0].kind(), &told[0].body["data"]["grant_id"]), ("credits.grant.expiring", &json!(id)));
    assert_eq!(told[0].body["data"].get("sequence"), None::<&Value>);
    world.at(Duration::from_secs(3 * DAY));
    let kinds: Vec<String> =
        world.receiver.settled("/hooks", 5).await.iter().map(|one| one.kind().to_owned()).collect();
    assert_eq!(
        kinds[1..],
        ["credits.reservation.expired", "credits.grant.expired", "credits.balance.low", "credits.balance.depleted"]
    );
}
