//! A way to the database that falls silent: bytes are taken, and nothing comes back.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use sqlx::postgres::PgConnectOptions;
use store::log::{Log, LogError};
use store::postgres::PostgresLog;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, UnixStream};

use super::fixture::*;

/// Longer than any wait for the database may last.
const TOO_LONG: Duration = Duration::from_secs(60);

/// Passes on what it is sent, until it is silent: then answers are swallowed, of new connections too.
async fn proxy(to: &PgConnectOptions, silent: Arc<AtomicBool>) -> PgConnectOptions {
    let server = to.get_socket().expect("the shared server has a socket").join(format!(".s.PGSQL.{}", to.get_port()));
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    tokio::spawn(async move {
        while let Ok((client, _)) = listener.accept().await {
            let (mut from_client, mut to_client) = client.into_split();
            let (mut from_server, mut to_server) = UnixStream::connect(&server).await.unwrap().into_split();
            tokio::spawn(async move { tokio::io::copy(&mut from_client, &mut to_server).await });
            let silent = Arc::clone(&silent);
            tokio::spawn(async move {
                let mut buffer = vec![0; 65_536];
                while let Ok(length @ 1..) = from_server.read(&mut buffer).await {
                    if !silent.load(Ordering::SeqCst) && to_client.write_all(&buffer[..length]).await.is_err() {
                        return;
                    }
                }
            });
        }
    });
    let database = to.get_database().expect("it was named");
    PgConnectOptions::new_without_pgpass()
        .host("127.0.0.1")
        .port(port)
        .username(to.get_username())
        .database(database)
        .ssl_mode(sqlx::postgres::PgSslMode::Disable)
}

/// The writer's connection is made when it is needed, so the first append finds the silence while it connects.
#[tokio::test]
async fn c04_no_task_waits_for_ever_for_a_lost_answer() {
    let f = Fixture::new(1).await;
    let silent = Arc::new(AtomicBool::new(false));
    let log = Arc::new(PostgresLog::connect(proxy(&f.options, Arc::clone(&silent)).await, 2).await.unwrap());
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
    silent.store(true, Ordering::SeqCst);
    locked.rollback().await.unwrap();

    let batch = [a.next(&grant(1), None)];
    let appended = tokio::time::timeout(TOO_LONG, log.append(0, &batch));
    let (read, appended) = tokio::join!(tokio::time::timeout(TOO_LONG, read), appended);
    assert!(matches!(read.expect("it ends").unwrap(), Err(LogError::Unavailable(_))));
    assert!(matches!(appended.expect("it ends"), Err(LogError::Unavailable(_))));
}
