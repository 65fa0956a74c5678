//! The private PostgreSQL: started, shared, killed, adopted.

use std::path::Path;
use std::process::Command;
use std::time::Duration;

use sqlx::{ConnectOptions, Connection};
use store::private_postgres::{DATABASE, PrivatePostgres, PrivatePostgresError};

/// A folder that the server's user can enter, short enough for a socket.
fn folder() -> tempfile::TempDir {
    tempfile::Builder::new().prefix("clpg-").tempdir_in("/tmp").expect("/tmp is writable")
}

async fn query(private: &PrivatePostgres, sql: &'static str) -> String {
    let mut connection = private.connect_options(DATABASE).connect().await.expect("it runs");
    let answer = sqlx::query_scalar(sql).fetch_one(&mut connection).await.expect("it answers");
    connection.close().await.expect("it closes");
    answer
}

fn is_alive(pid: u32) -> bool {
    Path::new(&format!("/proc/{pid}")).exists()
}

async fn wait_for_end(pid: u32) {
    for _ in 0..500 {
        if !is_alive(pid) {
            return;
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    panic!("process {pid} goes on");
}

#[tokio::test]
async fn it_starts_durable_and_unreachable_by_tcp_and_keeps_its_data() {
    let folder = folder();
    let dir = folder.path().join("data");
    let first = PrivatePostgres::start(&dir).await.expect("it starts");
    assert_eq!(query(&first, "SHOW fsync").await, "on");
    assert_eq!(query(&first, "SHOW full_page_writes").await, "on");
    assert_eq!(query(&first, "SHOW listen_addresses").await, "");
    query(&first, "SELECT set_config('a.b', '1', false)").await;
    let mut connection = first.connect_options(DATABASE).connect().await.expect("it runs");
    sqlx::query("CREATE TABLE kept AS SELECT 7 AS n").execute(&mut connection).await.expect("created");
    let pid = first.postmaster_pid().expect("it runs");
    drop(connection);
    first.stop().await;
    assert!(!is_alive(pid));

    let second = PrivatePostgres::start(&dir).await.expect("it starts again");
    assert_eq!(query(&second, "SELECT n::text FROM kept").await, "7");
    second.stop().await;
}

#[tokio::test]
async fn one_owner_a_data_directory_and_others_attach() {
    let folder = folder();
    let owner = PrivatePostgres::start(folder.path()).await.expect("it starts");
    let error = PrivatePostgres::start(folder.path()).await.expect_err("it is taken");
    assert!(matches!(error, PrivatePostgresError::InUse { .. }), "{error}");
    let guest = PrivatePostgres::open(folder.path()).await.expect("it attaches");
    assert_eq!(query(&guest, "SELECT 'hi'").await, "hi");
    guest.stop().await;
    assert_eq!(query(&owner, "SELECT 'still here'").await, "still here");
    owner.stop().await;
    let error = PrivatePostgres::connect_running(folder.path()).await.expect_err("it has stopped");
    assert!(matches!(error, PrivatePostgresError::NotRunning { .. }), "{error}");
}

#[tokio::test]
async fn a_dropped_owner_leaves_no_server() {
    let folder = folder();
    let owner = PrivatePostgres::start(folder.path()).await.expect("it starts");
    let pid = owner.postmaster_pid().expect("it runs");
    drop(owner);
    wait_for_end(pid).await;
}

#[tokio::test]
async fn a_killed_postmaster_recovers_with_its_data() {
    let folder = folder();
    let owner = PrivatePostgres::start(folder.path()).await.expect("it starts");
    let mut connection = owner.connect_options(DATABASE).connect().await.expect("it runs");
    sqlx::query("CREATE TABLE kept AS SELECT 7 AS n").execute(&mut connection).await.expect("created");
    let pid = owner.postmaster_pid().expect("it runs");
    assert!(Command::new("kill").args(["-9", &pid.to_string()]).status().expect("kill runs").success());
    wait_for_end(pid).await;
    drop(owner);
    let again = PrivatePostgres::start(folder.path()).await.expect("it recovers");
    assert_eq!(query(&again, "SELECT n::text FROM kept").await, "7");
    again.stop().await;
}

#[tokio::test]
async fn a_server_whose_watchdog_was_killed_is_adopted() {
    let folder = folder();
    let owner = PrivatePostgres::start(folder.path()).await.expect("it starts");
    let pid = owner.postmaster_pid().expect("it runs");
    let dir = folder.path().canonicalize().expect("it exists");
    // The watchdog's command line has the data directory; the postmaster's has too, but is no shell.
    let pattern = format!("credit-ledger-watchdog.*{}", dir.display());
    assert!(Command::new("pkill").args(["-9", "-f", &pattern]).status().expect("pkill runs").success());
    drop(owner);
    assert!(is_alive(pid), "nobody stopped it");

    let adopted = PrivatePostgres::start(folder.path()).await.expect("it is adopted");
    assert_eq!(adopted.postmaster_pid(), Some(pid));
    assert_eq!(query(&adopted, "SELECT 'hi'").await, "hi");
    adopted.stop().await;
    assert!(!is_alive(pid));
}

#[tokio::test]
async fn a_cluster_of_another_major_version_is_refused() {
    let folder = folder();
    PrivatePostgres::start(folder.path()).await.expect("it starts").stop().await;
    std::fs::write(folder.path().join("postgres/PG_VERSION"), "9\n").expect("written");
    let error = PrivatePostgres::start(folder.path()).await.expect_err("nobody has PostgreSQL 9");
    assert!(matches!(error, PrivatePostgresError::OtherMajor { wanted: 9, .. }), "{error}");
}
