//! A claim ends while its worker still works: another does the same work, and nothing happens twice.

use std::time::{Duration, Instant};

use stripe_fake::{Delivery, Fault, Kind, TestCard};

use super::told::{balance, deliver, until_balance, until_worked};
use crate::support;
use crate::support::node::command;
use crate::support::stripe::Shop;

/// Longer than the other worker takes.
const SILENCE: Duration = Duration::from_secs(6);
/// Longer than a claim.
const PAST_THE_CLAIM: i64 = 150;

#[tokio::test(flavor = "multi_thread")]
async fn an_event_that_outlives_its_claim_is_worked_at_twice_and_credited_once() {
    let database = support::database().await;
    let clock = tempfile::NamedTempFile::new().unwrap();
    std::fs::write(clock.path(), "0").unwrap();
    let environment = [("CREDIT_LEDGER_TEST_CLOCK_FILE", clock.path().to_str().unwrap())];
    let delivery = Delivery { automatic: false, ..Delivery::default() };
    let shop = Shop::open_with(&database.url, delivery, &environment).await;
    let _second = shop.another_node(&environment).await;
    shop.package("starter", 1_000, 1_000).await;
    let page = shop.checkout("acme", "buy", "starter").await;
    shop.pay(&page, TestCard::Succeeds);
    // Whoever looks at the payment first waits for Stripe.
    let kind = Kind::TimeoutAfter { milliseconds: SILENCE.as_millis().try_into().unwrap() };
    shop.fake.fault(Fault { method: None, path: "/v1/payment_intents/".to_owned(), after: 0, times: 1, kind });
    let event = shop.fake.with(|world| world.events.iter().last().expect("it was paid").id.clone());
    assert_eq!(shop.fake.resend(&event).await[0].status, Some(200));
    // It is claimed within a look, and the question is on its way.
    tokio::time::sleep(Duration::from_secs(1)).await;
    assert_eq!(balance(&shop, "acme").await, 0, "it waits");
    let begun = Instant::now();
    std::fs::write(clock.path(), PAST_THE_CLAIM.to_string()).unwrap();
    shop.fake.with(|world| world.clock.offset_seconds += PAST_THE_CLAIM);
    until_balance(&shop, "acme", 1_000).await;
    assert!(begun.elapsed() < SILENCE, "the first worker still waits");
    until_worked(&database.pool).await;
    tokio::time::sleep(SILENCE).await;
    deliver(&shop).await;
    until_worked(&database.pool).await;
    let completed = "SELECT count(*) FROM store.events WHERE event_type = 'PurchaseCompleted'";
    let completed: i64 = sqlx::query_scalar(completed).fetch_one(&database.pool).await.unwrap();
    assert_eq!((completed, balance(&shop, "acme").await), (1, 1_000));
    let tries: Vec<i32> =
        sqlx::query_scalar("SELECT tries FROM payments.stripe_events WHERE status <> 'done' AND status <> 'ignored'")
            .fetch_all(&database.pool)
            .await
            .unwrap();
    assert_eq!(tries, Vec::<i32>::new(), "each event has ended");
    assert!(command(&database.url, &["verify"]).await.status.success());
}
