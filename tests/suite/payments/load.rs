//! Webhooks by the thousand: each is kept before it is answered. How soon is measured by `bench`, row (m).

use std::time::Duration;

use serde_json::json;
use stripe_fake::signature_header;
use tokio::time::MissedTickBehavior;

use super::inbox::now;
use crate::support;
use crate::support::http::plain;
use crate::support::stripe::{Shop, WEBHOOK_SECRET};

#[tokio::test(flavor = "multi_thread")]
async fn a_flood_of_events_is_kept_and_answered() {
    let count = if std::env::var_os("SOAK").is_some() { 10_000 } else { 200 };
    let database = support::database().await;
    let shop = Shop::open_by_hand(&database.url).await;
    flood(&shop, count).await;
    let kept: i64 = sqlx::query_scalar("SELECT count(*) FROM payments.stripe_events WHERE event_id LIKE 'evt_flood_%'")
        .fetch_one(&database.pool)
        .await
        .unwrap();
    assert_eq!(u64::try_from(kept), Ok(count));
}

/// Sends them at 1,000 a second, and none waits for the one before.
async fn flood(shop: &Shop, count: u64) {
    let (client, url) = (plain(), format!("{}/v1/webhooks/stripe", shop.node.url()));
    let mut due = tokio::time::interval(Duration::from_millis(1));
    due.set_missed_tick_behavior(MissedTickBehavior::Burst);
    let mut sending = tokio::task::JoinSet::new();
    for n in 0..count {
        due.tick().await;
        let (client, url) = (client.clone(), url.clone());
        sending.spawn(async move {
            let now = now();
            let object = json!({"object": "product", "id": format!("prod_{n}"), "description": "x".repeat(2_000)});
            let event = json!({"id": format!("evt_flood_{n}"), "object": "event", "type": "product.updated",
                               "livemode": false, "created": now, "data": {"object": object}});
            let body = event.to_string();
            let header = signature_header(&[WEBHOOK_SECRET.to_owned()], now, body.as_bytes());
            let answer = client.post(url).header("stripe-signature", header).body(body).send().await.unwrap();
            assert_eq!(answer.status(), 200);
        });
    }
    sending.join_all().await;
}
