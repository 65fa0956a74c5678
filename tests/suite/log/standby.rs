//! Servers that answer and take nothing: a standby, where a failover moves names, and a database that is read-only for a
//! while (CORRECTNESS C4, C9).

use std::fs;
use std::path::Path;

use sqlx::postgres::PgPoolOptions;
use store::log::{Log, LogError, Outcome};
use store::postgres::{self, PostgresLog};
use store::private_postgres::{DATABASE, PrivatePostgres};

use super::fixture::*;
use crate::support::node::binary;

/// The cluster as a standby of nobody: it has all that it had, and waits for more.
async fn restart(private: PrivatePostgres, data_dir: &Path, as_standby: bool) -> PrivatePostgres {
    private.stop().await;
    let signal = data_dir.join("postgres/standby.signal");
    if as_standby {
        fs::write(signal, "").unwrap()
    } else {
        fs::remove_file(signal).unwrap()
    }
    PrivatePostgres::start(data_dir).await.expect("it starts")
}

fn is_unavailable<T>(result: Result<T, LogError>) -> bool {
    matches!(result, Err(LogError::Unavailable(_)))
}

#[tokio::test]
async fn c09_a_standby_is_not_taken_for_the_primary() {
    let folder = tempfile::Builder::new().prefix("clpg-").tempdir_in("/tmp").expect("/tmp is writable");
    let data_dir = folder.path().join("data");
    let private = PrivatePostgres::start(&data_dir).await.expect("it starts");
    let options = private.connect_options(DATABASE);
    let admin = PgPoolOptions::new().connect_with(options.clone()).await.unwrap();
    postgres::migrate(&admin, Some(1)).await.unwrap();
    admin.close().await;
    let log = PostgresLog::connect(options.clone(), 2).await.unwrap();
    let mut a = Writer::new("a", 1);
    let asked = [(a.organization.clone(), None)];
    assert!(matches!(log.append(0, &[a.next(&grant(1), None)]).await.unwrap()[..], [Outcome::Appended { .. }]));
    assert_eq!(log.heads_and_keys(0, &asked).await.unwrap().len(), 1);

    let private = restart(private, &data_dir, true).await;
    let batch = [a.next(&grant(2), None)];
    // The first tries find that their sessions have ended.
    for _ in 0..3 {
        assert!(log.append(0, &batch).await.is_err());
        assert!(log.heads_and_keys(0, &asked).await.is_err());
    }
    assert!(is_unavailable(log.append(0, &batch).await));
    assert!(is_unavailable(log.heads_and_keys(0, &asked).await), "its answers are out of date");
    assert!(is_unavailable(log.load(&a.organization).await));
    assert!(is_unavailable(log.now().await), "and the node is not ready");
    assert!(is_unavailable(PostgresLog::connect(options, 2).await));

    let serve = binary().arg("serve").env("DATABASE_URL", private.url()).output().expect("it runs");
    let said = String::from_utf8_lossy(&serve.stderr);
    assert!(!serve.status.success() && said.contains("this server is a standby"), "{said}");

    let private = restart(private, &data_dir, false).await;
    assert!(matches!(log.append(0, &batch).await.unwrap()[..], [Outcome::Appended { .. }]), "by the same log");
    drop(log);
    private.stop().await;
}

/// A session keeps what it began with, also after the database takes writes again.
#[tokio::test]
async fn c04_a_writer_does_not_keep_a_session_that_may_only_read() {
    let f = Fixture::new(1).await;
    let read_only = async |on: bool| {
        let change = if on { "SET default_transaction_read_only = on" } else { "RESET default_transaction_read_only" };
        f.run(&format!("DO $$ BEGIN EXECUTE format('ALTER DATABASE %I {change}', current_database()); END $$")).await;
    };
    let mut a = Writer::new("a", 1);
    let batch = [a.next(&grant(1), None)];
    read_only(true).await;
    assert!(is_unavailable(f.log.append(0, &batch).await), "its writer connects now");
    read_only(false).await;
    assert!(matches!(f.append(&batch).await[..], [Outcome::Appended { .. }]));
}
