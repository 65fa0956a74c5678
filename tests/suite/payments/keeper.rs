//! Webhooks that arrive together are kept together, and one that cannot be kept costs no other its place.

use std::time::Duration;

use futures::future::join_all;
use payments::gateway::{EventId, RawEvent};
use payments::inbox::{KeepError, Keeper, Received};
use sqlx::PgPool;
use store::Clock as _;
use tokio::time::timeout;

use crate::support;
use crate::support::proxy::Proxy;

fn event(id: &str) -> RawEvent {
    let created = api::SystemClock::new().now();
    let (id, kind) = (EventId::new(id), "product.updated".to_owned());
    RawEvent { id, kind, created, api_version: None, livemode: false, payload: "{}".to_owned() }
}

/// On one thread, all of them wait before the keeper has its turn.
async fn tell(pool: &PgPool, ids: &[&str]) -> Vec<Result<Received, KeepError>> {
    let keeper = Keeper::start(pool);
    let now = api::SystemClock::new().now();
    join_all(ids.iter().map(|id| keeper.receive(event(id), false, now))).await
}

async fn statements(pool: &PgPool) -> (i64, i64) {
    let counts = "SELECT count(*), count(DISTINCT xmin::text) FROM payments.stripe_events";
    sqlx::query_as(counts).fetch_one(pool).await.unwrap()
}

#[tokio::test]
async fn events_that_arrive_together_are_kept_by_one_statement_each_once() {
    let database = support::database().await;
    let answers = tell(&database.pool, &["evt_3", "evt_1", "evt_2", "evt_1"]).await;
    let new = answers.iter().filter(|answer| matches!(answer, Ok(Received::New))).count();
    let again = answers.iter().filter(|answer| matches!(answer, Ok(Received::Again))).count();
    assert_eq!((new, again), (3, 1), "{answers:?}");
    assert_eq!(statements(&database.pool).await, (3, 1));
    let answers = tell(&database.pool, &["evt_2"]).await;
    assert!(matches!(answers[..], [Ok(Received::Again)]), "{answers:?}");
}

#[tokio::test]
async fn one_that_the_database_refuses_is_told_so_and_the_others_are_kept() {
    let database = support::database().await;
    let answers = tell(&database.pool, &["evt_1", "evt_\0", "evt_2"]).await;
    assert!(matches!(answers[..], [Ok(Received::New), Err(KeepError::Refused(_)), Ok(Received::New)]), "{answers:?}");
    assert_eq!(statements(&database.pool).await, (2, 2));
}

#[tokio::test]
async fn while_the_database_is_away_none_is_kept_and_each_is_to_be_delivered_again() {
    let database = support::database().await;
    let nowhere = database.pool.connect_options().as_ref().clone().database("nowhere");
    let nowhere = sqlx::postgres::PgPoolOptions::new().connect_lazy_with(nowhere);
    let answers = tell(&nowhere, &["evt_1", "evt_2"]).await;
    let is_away = |answer: &Result<Received, KeepError>| matches!(answer, Err(KeepError::Database(_)));
    assert!(answers.iter().all(is_away), "{answers:?}");
}

/// The event has arrived, and no answer comes: TCP does not end such a wait.
#[tokio::test]
async fn an_event_that_the_database_does_not_answer_for_is_to_be_delivered_again() {
    const TOO_LONG: Duration = Duration::from_secs(60);
    let database = support::database().await;
    let (proxy, options) = Proxy::start(&database.pool.connect_options()).await;
    let silent = sqlx::postgres::PgPoolOptions::new().connect_lazy_with(options);
    proxy.fall_silent_after("evt_silent");
    let answers = timeout(TOO_LONG, tell(&silent, &["evt_silent"])).await.expect("it ends");
    assert!(matches!(answers[..], [Err(KeepError::Database(_))]), "{answers:?}");
    let answers = tell(&database.pool, &["evt_silent"]).await;
    assert!(matches!(answers[..], [Ok(Received::Again)]), "it was kept, once: {answers:?}");
}
