//! The private PostgreSQL: started, shared, killed, adopted.

use std::fs::Permissions;
use std::io::{BufRead, BufReader};
use std::os::unix::fs::{MetadataExt, PermissionsExt};
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::Duration;

use sqlx::{ConnectOptions, Connection};
use store::private_postgres::{DATABASE, PrivatePostgres, PrivatePostgresError};

use crate::support::node::binary;

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

fn processes() -> impl Iterator<Item = u32> {
    let entries = std::fs::read_dir("/proc").expect("Linux");
    entries.flatten().filter_map(|entry| entry.file_name().to_str()?.parse().ok())
}

fn parent(pid: u32) -> Option<u32> {
    let status = std::fs::read_to_string(format!("/proc/{pid}/status")).ok()?;
    status.lines().find_map(|line| line.strip_prefix("PPid:"))?.trim().parse().ok()
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
    let watchdog = parent(pid).expect("the server runs under its watchdog");
    // The part that waits on the pipe is a child of the watchdog, as the server is.
    let waiting = processes().filter(|other| *other != pid && parent(*other) == Some(watchdog));
    let watching: Vec<String> = waiting.chain([watchdog]).map(|id| id.to_string()).collect();
    assert!(Command::new("kill").arg("-9").args(&watching).status().expect("kill runs").success());
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

/// A command of the ledger on a data directory, whatever this shell is set up for.
fn ledger(arguments: &[&str], data_dir: &Path) -> Command {
    let mut command = binary();
    command.args(arguments).arg("--data-dir").arg(data_dir).env_remove("DATABASE_URL").stdin(Stdio::null());
    command
}

#[tokio::test]
async fn kill_9_of_the_owner_leaves_no_server_and_loses_nothing() {
    let folder = folder();
    let mut serve = ledger(&["serve", "--listen", "127.0.0.1:0"], folder.path());
    let mut owner = serve.stdout(Stdio::piped()).stderr(Stdio::null()).spawn().expect("the binary is built");
    let stdout = BufReader::new(owner.stdout.take().expect("it is piped"));
    let first_line = tokio::task::spawn_blocking(|| stdout.lines().next()).await.expect("no panic");
    assert!(first_line.expect("a line").expect("readable").starts_with("listening on "));
    let guest = PrivatePostgres::connect_running(folder.path()).await.expect("it runs");
    let pid = guest.postmaster_pid().expect("it runs");
    let keys = "SELECT count(*)::text FROM store.api_keys";
    assert_eq!(query(&guest, keys).await, "1");

    owner.kill().expect("it runs");
    owner.wait().expect("it was running");
    wait_for_end(pid).await;

    let again = PrivatePostgres::start(folder.path()).await.expect("nobody else has it");
    assert_eq!(query(&again, keys).await, "1");
    again.stop().await;

    // A command works on the data directory without a server, too.
    let output = ledger(&["keys", "list"], folder.path()).output().expect("the binary is built");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    assert_eq!(String::from_utf8_lossy(&output.stdout).lines().count(), 1);
}

#[tokio::test]
async fn the_server_has_no_rights_of_root_and_lets_nobody_else_in() {
    let folder = folder();
    let server = PrivatePostgres::start(folder.path()).await.expect("it starts");
    let pid = server.postmaster_pid().expect("it runs");
    let status = std::fs::read_to_string(format!("/proc/{pid}/status")).expect("it runs");
    let ids = |name: &str| -> Vec<String> {
        let line = status.lines().find_map(|line| line.strip_prefix(name)).expect("Linux tells it");
        line.split_whitespace().map(str::to_owned).collect()
    };
    for name in ["Uid:", "Gid:", "Groups:"] {
        assert!(ids(name).iter().all(|id| id != "0"), "{name} {:?}", ids(name));
    }
    for dir in [server.data_dir(), server.socket_dir()] {
        let found = std::fs::metadata(dir).expect("it is there");
        assert_eq!(
            (found.mode() & 0o777, found.uid().to_string()),
            (0o700, ids("Uid:")[0].clone()),
            "{}",
            dir.display()
        );
    }
    server.stop().await;
}

#[tokio::test]
async fn a_folder_that_holds_something_else_is_left_as_it_is() {
    let folder = folder();
    std::fs::set_permissions(folder.path(), Permissions::from_mode(0o755)).expect("it is ours");
    std::fs::write(folder.path().join("letters"), "dear").expect("written");
    let before = std::fs::metadata(folder.path()).expect("it is there");
    let error = PrivatePostgres::start(folder.path()).await.expect_err("it is no data directory");
    assert!(matches!(error, PrivatePostgresError::NotADataDir { .. }), "{error}");
    let output = ledger(&["verify"], folder.path()).output().expect("the binary is built");
    assert_eq!(output.status.code(), Some(2), "{}", String::from_utf8_lossy(&output.stderr));
    let after = std::fs::metadata(folder.path()).expect("it is there");
    assert_eq!((after.mode(), after.uid()), (before.mode(), before.uid()));
    assert_eq!(std::fs::read_dir(folder.path()).expect("readable").count(), 1);
}

#[tokio::test]
async fn a_long_path_has_a_short_socket_and_a_killed_initdb_leaves_nothing_in_the_way() {
    let folder = folder();
    let dir = folder.path().join("deep/".repeat(30));
    let first = PrivatePostgres::start(&dir).await.expect("it starts");
    assert!(first.socket_dir().as_os_str().len() < 100);
    let socket_dir = first.socket_dir().to_owned();
    assert_eq!(query(&first, "SELECT 'hi'").await, "hi");
    first.stop().await;

    // As a killed initdb would have left it.
    std::fs::rename(dir.join("postgres"), dir.join("postgres.new")).expect("renamed");
    let second = PrivatePostgres::start(&dir).await.expect("it starts anew");
    assert_eq!(query(&second, "SELECT 'hi'").await, "hi");
    second.stop().await;
    std::fs::remove_dir_all(socket_dir).expect("it is ours");
}

#[tokio::test]
async fn missing_programs_are_an_error_that_says_what_to_do() {
    let folder = folder();
    let mut serve = ledger(&["serve"], folder.path());
    let output = serve.env("PG_BIN_DIR", "/nowhere").output().expect("the binary is built");
    let told = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(3), "{told}");
    assert!(told.contains("PG_BIN_DIR is /nowhere"), "{told}");
}
