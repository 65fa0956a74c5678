//! What Stripe tells, and when the ledger has heard of it.

use std::time::{Duration, Instant};

use sqlx::PgPool;
use stripe_fake::Delivery;

use crate::support::stripe::Shop;

/// Nothing that is told takes longer than this.
pub const PATIENCE: Duration = Duration::from_secs(30);

/// Tells all that has happened, once and in order.
pub async fn deliver(shop: &Shop) {
    for sent in shop.fake.deliver(&Delivery::default()).await {
        assert_eq!(sent.status, Some(200), "{sent:?}");
    }
}

/// By the write side; what does not exist has nothing.
pub async fn balance(shop: &Shop, organization: &str) -> i64 {
    let path = format!("/v1/organizations/{organization}/balance?consistency=strong");
    let answer = shop.client.get(&path).await.expect("an answer");
    if answer.status == 404 { 0 } else { answer.body["balance"].as_i64().unwrap_or_else(|| panic!("{}", answer.body)) }
}

pub async fn until_balance(shop: &Shop, organization: &str, wanted: i64) {
    let started = Instant::now();
    while balance(shop, organization).await != wanted {
        let found = balance(shop, organization).await;
        assert!(started.elapsed() < PATIENCE, "{organization} has {found}, not {wanted}");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

/// Until no event waits to be worked at; fails with what keeps them.
pub async fn until_worked(pool: &PgPool) {
    const PENDING: &str = "
        SELECT kind || ' tried ' || tries || ' times, next at ' || next_at || ': ' || coalesce(note, '')
        FROM payments.stripe_events WHERE status = 'pending'";
    let started = Instant::now();
    loop {
        let pending: Vec<String> = sqlx::query_scalar(PENDING).fetch_all(pool).await.expect("the database answers");
        if pending.is_empty() {
            return;
        }
        assert!(started.elapsed() < PATIENCE * 2, "these events wait: {pending:#?}");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}
