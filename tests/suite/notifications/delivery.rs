//! What is sent to whom, and what holds back whom.

use std::time::{Duration, Instant};

use serde_json::json;

use super::receiver::{Received, in_order};
use super::world::World;

#[tokio::test(flavor = "multi_thread")]
async fn a_failing_event_holds_back_only_its_organization_at_that_endpoint() {
    let world = World::new().await;
    world.endpoint("/picky", json!({})).await;
    world.endpoint("/other", json!({})).await;
    world.receiver.decides(|one: &Received| {
        let is_refused = one.path == "/picky" && one.organization() == "acme" && one.sequence() == 1;
        (if is_refused { 422 } else { 200 }, Duration::ZERO)
    });
    // The first event of acme is the one that is refused: a purchase opens the account.
    for n in 0..3 {
        world.purchase("acme", &format!("a-{n}")).await;
        world.purchase("globex", &format!("g-{n}")).await;
    }
    let taken = world.receiver.settled("/picky", 3).await;
    assert!(taken.iter().all(|one| one.organization() == "globex"), "acme waits for its first");
    let counts = in_order(&world.receiver.settled("/other", 6).await);
    assert_eq!((counts["acme"], counts["globex"]), (3, 3), "another endpoint has both");

    world.receiver.answers(200);
    world.at(Duration::from_secs(60));
    in_order(&world.receiver.settled("/picky", 6).await);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_endpoint_that_hangs_holds_back_no_other() {
    let world = World::new().await;
    world.endpoint("/hangs", json!({})).await;
    world.endpoint("/quick", json!({})).await;
    world.receiver.decides(|one| (200, Duration::from_secs(if one.path == "/hangs" { 60 } else { 0 })));
    let started = Instant::now();
    for n in 0..30 {
        world.purchase(&format!("org-{n}"), "order").await;
    }
    world.receiver.wait("/quick", 30).await;
    assert!(started.elapsed() < Duration::from_secs(10), "{:?}", started.elapsed());
    let hanging = world.receiver.tries("/hangs").len();
    assert!(hanging <= 8, "{hanging} requests hang at once");
}

#[tokio::test(flavor = "multi_thread")]
async fn filters_and_bindings_choose_and_a_disabled_endpoint_is_told_of_nothing() {
    let world = World::new().await;
    world.endpoint("/all", json!({})).await;
    world.endpoint("/refunds", json!({"types": ["credits.refund.applied"]})).await;
    world.endpoint("/acme", json!({"organization_id": "acme"})).await;
    let (disabled, _) = world.endpoint("/disabled", json!({})).await;
    let path = format!("/v1/notification-endpoints/{disabled}");
    world.ok("PATCH", &path, json!({"enabled": false})).await;
    world.purchase("acme", "a").await;
    world.purchase("globex", "g").await;
    let purchase = world
        .command(
            "globex",
            "purchases",
            "g2",
            json!({"credits": 5, "payment_reference": "g2",
        "price": {"amount_minor": 100, "currency": "USD"}}),
        )
        .await;
    let id = purchase["id"].as_str().expect("an id");
    world.command("globex", &format!("purchases/{id}/refund"), "r", json!({"reason": "asked"})).await;

    assert_eq!(world.receiver.settled("/all", 4).await.len(), 4);
    let refunds = world.receiver.settled("/refunds", 1).await;
    assert_eq!((refunds[0].kind(), refunds[0].organization()), ("credits.refund.applied", "globex"));
    assert_eq!(refunds[0].body["data"]["purchase_id"], id);
    assert_eq!(world.receiver.settled("/acme", 1).await[0].organization(), "acme");
    assert!(world.receiver.tries("/disabled").is_empty());

    world.ok("PATCH", &path, json!({"enabled": true})).await;
    world.purchase("acme", "a2").await;
    let taken = world.receiver.settled("/disabled", 1).await;
    assert_eq!(taken[0].body["data"]["payment_reference"], "a2", "what happened meanwhile is not told");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_new_endpoint_begins_at_the_end_of_the_log_and_redirects_are_failures() {
    let world = World::new().await;
    for n in 0..3 {
        world.purchase("acme", &format!("before-{n}")).await;
    }
    let (id, _) = world.endpoint("/late", json!({})).await;
    world.receiver.answers(302);
    world.purchase("acme", "after").await;
    let waiting = world.deliveries_in(&id, "waiting", 1).await;
    assert_eq!(waiting[0]["body"]["data"]["payment_reference"], "after");
    world.receiver.tried("/late").await;
    world.receiver.decides(|_| (200, Duration::ZERO));
    world.at(Duration::from_secs(60));
    let taken = world.receiver.settled("/late", 1).await;
    assert_eq!(taken[0].body["data"]["payment_reference"], "after");
    assert_eq!(world.receiver.tries("/late")[0].status, 302);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_ended_long_ago_is_removed() {
    let mut world = World::new().await;
    let (id, _) = world.endpoint("/hooks", json!({})).await;
    world.purchase("acme", "order").await;
    world.deliveries_in(&id, "delivered", 1).await;
    let older = "UPDATE payments.notification_deliveries SET ended_at = ended_at - make_interval(days => $1)";
    for (days, left) in [(6, 1), (2, 0)] {
        sqlx::query(older).bind(days).execute(&world.database.pool).await.unwrap();
        // A server prunes when it starts.
        world.nodes.clear();
        world.add_node().await;
        tokio::time::sleep(Duration::from_millis(500)).await;
        assert_eq!(world.deliveries(&id, "").await.len(), left, "after {days} days more");
    }
}
