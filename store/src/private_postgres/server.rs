//! The server process and its watchdog.

use std::fs::File;
use std::io::ErrorKind;
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
/// Ends with the server. The first argument is the log, opened here and not by an owner that may be root: the folder
/// belongs to the server's user, who could lay a link there.
const WATCH_NEW: &str = r#"trap '' INT TERM HUP; exec 3<&0 >>"$1" 2>&1 || exit; shift; "$@" </dev/null 3<&- & server=$!; (cat <&3 >/dev/null; kill -INT $server) & wait $server"#;
/// The same for a server that runs already; the second argument is its process id.
const WATCH_ADOPTED: &str = r#"trap '' INT TERM HUP; exec >>"$1" 2>&1; cat >/dev/null; kill -INT "$2"; while kill -0 "$2" 2>/dev/null; do sleep 0.05; done"#;

/// Lines of the server's log that an error shows.
const LOG_TAIL_LINES: usize = 8;
/// How often to look while the server starts or stops.
const POLL: Duration = Duration::from_millis(20);
/// How long a server without a word of starting up is waited for.
const START_TIMEOUT: Duration = Duration::from_secs(60);
/// How long crash recovery may take: the largest write-ahead log that the settings allow, on a slow disk.
const RECOVERY_TIMEOUT: Duration = Duration::from_secs(900);
/// How long a server that is stopping is waited for: its last checkpoint writes at most what recovery would read.
const STOP_TIMEOUT: Duration = RECOVERY_TIMEOUT;
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
        let mut command = shell(private, account, WATCH_ADOPTED);
        command.arg(pid.to_string());
        return Ok(Server { watchdog: spawn(command, private)?, lock });
    }
    let mut lock = lock;
    for _ in 0..LEFTOVER_RETRIES {
        let mut server = Server { watchdog: spawn(command(private, binaries, account), private)?, lock };
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
    let mut command = shell(private, account, WATCH_NEW);
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
    let mut waited = Duration::ZERO;
    while is_postmaster(pid, &private.data_dir) && waited < STOP_TIMEOUT {
        if private.accepts().await {
            tokio::time::sleep(ADOPTION_PAUSE).await;
            if private.accepts().await {
                return Some(pid);
            }
        }
        tokio::time::sleep(POLL).await;
        waited += POLL;
    }
    None
}

/// Whether a process is the cluster's own server: the file with its id outlives a crash, and after a restart of the
/// machine the id may be anybody's.
fn is_postmaster(pid: u32, data_dir: &Path) -> bool {
    let process = Path::new("/proc").join(pid.to_string());
    if Path::new("/proc/self").exists() {
        // A server works in its own folder; in a container even root may not be told where another user's does.
        return match std::fs::read_link(process.join("cwd")) {
            Ok(dir) => dir == cluster::pg_data(data_dir),
            Err(error) if error.kind() == ErrorKind::NotFound => false,
            Err(_) => std::fs::read_to_string(process.join("stat")).is_ok_and(|stat| is_live_postgres(&stat)),
        };
    }
    let output = Command::new("ps").args(["-o", "comm=", "-p", &pid.to_string()]).output();
    output.is_ok_and(|output| String::from_utf8_lossy(&output.stdout).contains("postgres"))
}

/// From a process's line in `/proc`: by name, and not a process that has ended and was not waited for yet.
fn is_live_postgres(stat: &str) -> bool {
    stat.split_once("(postgres) ").is_some_and(|(_, state)| !state.starts_with('Z'))
}

fn shell(private: &PrivatePostgres, account: &Account, script: &str) -> Command {
    let mut command = account.command(Path::new("/bin/sh"));
    command.args(["-c", script, "credit-ledger-watchdog"]).arg(cluster::log_file(&private.data_dir));
    command
}

/// In a process group of its own: Ctrl-C reaches only us, so that we can drain first.
fn spawn(mut command: Command, private: &PrivatePostgres) -> Result<Child, PrivatePostgresError> {
    command
        .stdin(Stdio::piped())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_server_that_has_ended_is_not_alive() {
        assert!(is_live_postgres("41 (postgres) S 1 41 41 0 -1"));
        assert!(!is_live_postgres("41 (postgres) Z 1 41 41 0 -1"));
        assert!(!is_live_postgres("41 (bash) S 1 41 41 0 -1"));
    }

    #[test]
    fn another_process_is_not_the_server() {
        assert!(!is_postmaster(std::process::id(), Path::new("/nowhere")));
    }
}
