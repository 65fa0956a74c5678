//! Answers of the database that never come (CORRECTNESS C4): every wait for them ends.

use std::sync::Arc;
use std::time::{Duration, Instant};

use store::log::{Log, LogError, Outcome};
use store::postgres::PostgresLog;
use tokio::time::timeout;

use super::fixture::*;
use crate::support::proxy::Proxy;

/// Longer than any wait for the database may last.
const TOO_LONG: Duration = Duration::from_secs(60);

/// The writer's connection is made when it is needed, so the first append finds the silence while it connects.
#[tokio::test]
async fn c04_no_task_waits_for_ever_for_a_lost_answer() {
    let f = Fixture::new(1).await;
    let (proxy, options) = Proxy::start(&f.options).await;
    let log = Arc::new(PostgresLog::connect(options, 2).await.unwrap());
    let mut a = Writer::new("a", 1);

    let mut locked = f.admin.begin().await.unwrap();
    sqlx::query("LOCK TABLE store.events IN ACCESS EXCLUSIVE MODE").execute(&mut *locked).await.unwrap();
    let (reader, asked) = (Arc::clone(&log), [(a.organization.clone(), None)]);
    let read = tokio::spawn(async move { reader.heads_and_keys(0, &asked).await });
    let waiting =
        "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event = 'relation'";
    while f.count(waiting).await == 0 {
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    proxy.fall_silent();
    locked.rollback().await.unwrap();

    let batch = [a.next(&grant(1), None)];
    let (read, appended) = tokio::join!(timeout(TOO_LONG, read), timeout(TOO_LONG, log.append(0, &batch)));
    assert!(matches!(read.expect("it ends").unwrap(), Err(LogError::Unavailable(_))));
    assert!(matches!(appended.expect("it ends"), Err(LogError::Unavailable(_))));
}

/// A turn holds an organization's lock, and nobody's request ends it.
#[tokio::test]
async fn c04_a_turn_whose_append_is_not_answered_ends() {
    let f = Fixture::new(1).await;
    let (proxy, options) = Proxy::start(&f.options).await;
    let log = PostgresLog::connect(options, 2).await.unwrap();
    let mut a = Writer::new("a", 1);
    let turn = log.turn(0).await.unwrap();
    proxy.fall_silent();
    let batch = [a.next(&grant(1), None)];
    let appended = timeout(TOO_LONG, turn.append(&batch)).await.expect("it ends");
    assert!(matches!(appended, Err(LogError::Unavailable(_))), "it was not asked to commit: {appended:?}");
    proxy.speak();
    assert_eq!(log.read_back(0, &batch).await.unwrap(), [None]);
}

#[tokio::test]
async fn c04_a_turn_whose_commit_is_not_answered_is_read_back() {
    let f = Fixture::new(1).await;
    let (proxy, options) = Proxy::start(&f.options).await;
    let log = PostgresLog::connect(options, 2).await.unwrap();
    let mut a = Writer::new("a", 1);
    let turn = log.turn(0).await.unwrap();
    proxy.fall_silent_after("COMMIT");
    let batch = [a.next(&grant(1), None)];
    let appended = timeout(TOO_LONG, turn.append(&batch)).await.expect("it ends");
    assert!(matches!(appended, Err(LogError::OutcomeUnknown(_))), "{appended:?}");
    proxy.speak();
    assert_eq!(log.read_back(0, &batch).await.unwrap(), [Some(1)]);
}

/// Every reader's answer is lost. sqlx would keep their places for connections that it waits for.
#[tokio::test]
async fn c04_connections_that_do_not_answer_leave_their_pool() {
    let f = Fixture::new(1).await;
    let (proxy, options) = Proxy::start(&f.options).await;
    let log = PostgresLog::connect(options, 2).await.unwrap();
    let a = Writer::new("a", 1);
    log.load(&a.organization).await.unwrap();
    proxy.fall_silent();
    let impatient = Duration::from_millis(500);
    let lost = futures::future::join_all((0..2).map(|_| timeout(impatient, log.load(&a.organization)))).await;
    assert!(lost.iter().all(Result::is_err), "nobody was answered");
    proxy.speak();
    proxy.forget_connections();
    tokio::time::sleep(Duration::from_secs(6)).await;
    let loads = futures::future::join_all((0..2).map(|_| log.load(&a.organization))).await;
    assert!(loads.iter().all(Result::is_ok), "{loads:?}");
}

/// A firewall forgets a connection that was idle.
#[tokio::test]
async fn c04_a_writers_connection_that_was_idle_is_asked_before_it_is_used() {
    let f = Fixture::new(1).await;
    let (proxy, options) = Proxy::start(&f.options).await;
    let log = PostgresLog::connect(options, 2).await.unwrap();
    let mut a = Writer::new("a", 1);
    log.append(0, &[a.next(&grant(1), None)]).await.unwrap();
    proxy.forget_connections();
    tokio::time::sleep(Duration::from_secs(31)).await;
    let begun = Instant::now();
    let outcomes = log.append(0, &[a.next(&grant(1), None)]).await.unwrap();
    assert_eq!(outcomes, [Outcome::Appended { position: 2 }]);
    assert!(begun.elapsed() < Duration::from_secs(5), "after {:?}", begun.elapsed());
}
