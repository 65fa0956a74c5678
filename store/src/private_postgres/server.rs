//! The server process and its watchdog.

use std::fs::File;
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use sqlx::ConnectOptions;

use super::account::Account;
use super::cluster;
use super::error::PrivatePostgresError;
use super::find::Binaries;
use super::{PORT, PrivatePostgres};

/// Starts the server; when the pipe that its owner holds closes, by whatever end of the owner, asks for a fast shutdown.
/// Ends with the server.
const WATCH_NEW: &str = r#"trap '' INT TERM HUP; exec 3<&0; "$@" </dev/null 3<&- & server=$!; (cat <&3 >/dev/null; kill -INT $server) & wait $server"#;
/// The same for a server that runs already.
const WATCH_ADOPTED: &str =
    r#"trap '' INT TERM HUP; cat >/dev/null; kill -INT "$1"; while kill -0 "$1" 2>/dev/null; do sleep 0.05; done"#;

/// Lines of the server's log that an error shows.
const LOG_TAIL_LINES: usize = 8;
/// How often to look while the server starts or stops.
const POLL: Duration = Duration::from_millis(20);
/// How long a server without a word of starting up is waited for.
const START_TIMEOUT: Duration = Duration::from_secs(60);
/// How long crash recovery may take: the largest write-ahead log that the settings allow, on a slow disk.
const RECOVERY_TIMEOUT: Duration = Duration::from_secs(900);
/// A server that still takes connections after this pause is not being stopped by its old watchdog.
const ADOPTION_PAUSE: Duration = Duration::from_millis(300);
/// A killed postmaster leaves its backends for a moment; until they have ended, PostgreSQL says this and gives up.
const LEFTOVER: &str = "pre-existing shared memory block";
const LEFTOVER_PAUSE: Duration = Duration::from_millis(100);
const LEFTOVER_RETRIES: u32 = 50;
/// "The database system is starting up" or shutting down.
const CANNOT_CONNECT_NOW: &str = "57P03";

/// Durability is PostgreSQL's default; these give a ledger's write load room and keep strangers out.
const SETTINGS: &[&str] = &[
    "listen_addresses=",
    "max_connections=200",
    "shared_buffers=256MB",
    "max_wal_size=4GB",
    "checkpoint_timeout=15min",
    "fsync=on",
    "full_page_writes=on",
    "synchronous_commit=on",
    "cluster_name=credit-ledger",
];

/// A server of ours: it ends with this value.
#[derive(Debug)]
pub(super) struct Server {
    /// Its standard input is the pipe; dropping it stops the server.
    watchdog: Child,
    /// Held as long as the server is ours.
    lock: File,
}

impl Server {
    /// Closes the pipe and waits for the server's end.
    pub(super) async fn stop(mut self) {
        drop(self.watchdog.stdin.take());
        while matches!(self.watchdog.try_wait(), Ok(None)) {
            tokio::time::sleep(POLL).await;
        }
    }
}

/// Adopts the server that still runs on the data directory, or starts one, and waits until it takes connections.
pub(super) async fn run(
    private: &PrivatePostgres,
    binaries: &Binaries,
    account: &Account,
    lock: File,
) -> Result<Server, PrivatePostgresError> {
    if let Some(pid) = survivor(private).await {
        let mut command = shell(account, WATCH_ADOPTED);
        command.arg(pid.to_string());
        return Ok(Server { watchdog: spawn(command, private, account)?, lock });
    }
    let mut lock = lock;
    for _ in 0..LEFTOVER_RETRIES {
        let mut server = Server { watchdog: spawn(command(private, binaries, account), private, account)?, lock };
        match wait_until_up(private, &mut server).await {
            Ok(()) => return Ok(server),
            Err(PrivatePostgresError::NotStarted { tail, .. }) if tail.contains(LEFTOVER) => lock = server.lock,
            Err(error) => return Err(error),
        }
        tokio::time::sleep(LEFTOVER_PAUSE).await;
    }
    Err(PrivatePostgresError::InUse { data_dir: private.data_dir.clone() })
}

fn command(private: &PrivatePostgres, binaries: &Binaries, account: &Account) -> Command {
    let mut command = shell(account, WATCH_NEW);
    command.arg(binaries.dir.join("postgres")).arg("-D").arg(cluster::pg_data(&private.data_dir));
    for setting in SETTINGS {
        command.args(["-c", setting]);
    }
    command.arg("-c").arg(format!("unix_socket_directories={}", private.socket_dir.display()));
    command.arg("-c").arg(format!("port={PORT}"));
    command
}

/// The postmaster of an owner that died, if it keeps running; one that is stopping is waited for.
async fn survivor(private: &PrivatePostgres) -> Option<u32> {
    let pid = cluster::postmaster_pid(&private.data_dir)?;
    while is_alive(pid) && cluster::postmaster_pid(&private.data_dir) == Some(pid) {
        if private.accepts().await {
            tokio::time::sleep(ADOPTION_PAUSE).await;
            if private.accepts().await {
                return Some(pid);
            }
        }
        if !is_postgres(pid) {
            return None;
        }
        tokio::time::sleep(POLL).await;
    }
    None
}

fn is_alive(pid: u32) -> bool {
    let status = Command::new("kill").args(["-0", &pid.to_string()]).stderr(Stdio::null()).status();
    status.is_ok_and(|status| status.success())
}

/// A process id of before a restart of the machine may belong to anything by now.
fn is_postgres(pid: u32) -> bool {
    let output = Command::new("ps").args(["-o", "comm=", "-p", &pid.to_string()]).output();
    output.is_ok_and(|output| String::from_utf8_lossy(&output.stdout).contains("postgres"))
}

fn shell(account: &Account, script: &str) -> Command {
    let mut command = account.command(Path::new("/bin/sh"));
    command.args(["-c", script, "credit-ledger-watchdog"]);
    command
}

/// In a process group of its own: Ctrl-C reaches only us, so that we can drain first.
fn spawn(mut command: Command, private: &PrivatePostgres, account: &Account) -> Result<Child, PrivatePostgresError> {
    let path = cluster::log_file(&private.data_dir);
    let io = || PrivatePostgresError::io(&path);
    let log = File::options().create(true).append(true).open(&path).map_err(io())?;
    account.give(&path)?;
    command
        .stdin(Stdio::piped())
        .stdout(log.try_clone().map_err(io())?)
        .stderr(log)
        .env("HOME", &private.data_dir)
        .current_dir(&private.data_dir)
        .process_group(0)
        .spawn()
        .map_err(PrivatePostgresError::io("/bin/sh"))
}

async fn wait_until_up(private: &PrivatePostgres, server: &mut Server) -> Result<(), PrivatePostgresError> {
    let mut waited = Duration::ZERO;
    let mut limit = START_TIMEOUT;
    while waited < limit {
        match private.connect_options("postgres").connect().await {
            Ok(_) => return Ok(()),
            Err(error) if is_starting(&error) => limit = RECOVERY_TIMEOUT,
            Err(_) if !matches!(server.watchdog.try_wait(), Ok(None)) => break,
            Err(_) => {}
        }
        tokio::time::sleep(POLL).await;
        waited += POLL;
    }
    drop(server.watchdog.stdin.take());
    let log = cluster::log_file(&private.data_dir);
    let text = std::fs::read_to_string(&log).unwrap_or_default();
    let lines: Vec<&str> = text.lines().collect();
    let tail = lines[lines.len().saturating_sub(LOG_TAIL_LINES)..].join("\n");
    Err(PrivatePostgresError::NotStarted { log, tail })
}

fn is_starting(error: &sqlx::Error) -> bool {
    error.as_database_error().and_then(|error| error.code()).is_some_and(|code| code == CANNOT_CONNECT_NOW)
}
