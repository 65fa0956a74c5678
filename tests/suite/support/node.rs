//! Server processes.

use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Child, Command, Output, Stdio};
use std::time::{Duration, Instant};

use super::http::Client;

/// The key that every node is started with.
pub const ADMIN_KEY: &str = "admin-key-of-the-tests-0123456789abcdef";

/// A running `credit-ledger serve`; killed when dropped.
pub struct Node {
    child: Child,
    url: String,
}

impl Node {
    pub async fn start(database_url: &str) -> Self {
        Self::start_with(database_url, &[]).await
    }

    /// Starts with more environment.
    pub async fn start_with(database_url: &str, environment: &[(&str, &str)]) -> Self {
        let mut command = binary();
        command.arg("serve").env("DATABASE_URL", database_url).envs(environment.iter().copied());
        tokio::task::spawn_blocking(move || Self::spawn(command)).await.expect("it does not panic")
    }

    /// Starts with more environment; what it logs goes to a file, as text.
    pub async fn start_logging(database_url: &str, environment: &[(&str, &str)], log: &Path) -> Self {
        let mut command = binary();
        command.arg("serve").env("DATABASE_URL", database_url).envs(environment.iter().copied());
        command.stderr(std::fs::File::create(log).expect("it can be written"));
        tokio::task::spawn_blocking(move || Self::spawn(command)).await.expect("it does not panic")
    }

    /// Starts on a private PostgreSQL of its own.
    pub async fn start_in(data_dir: &Path) -> Self {
        let mut command = binary();
        command.arg("serve").arg("--data-dir").arg(data_dir).env_remove("DATABASE_URL");
        tokio::task::spawn_blocking(move || Self::spawn(command)).await.expect("it does not panic")
    }

    fn spawn(mut command: Command) -> Self {
        command.args(["--listen", "127.0.0.1:0"]).env("CREDIT_LEDGER_ADMIN_KEY", ADMIN_KEY);
        command.stdin(Stdio::null()).stdout(Stdio::piped());
        let mut child = command.spawn().expect("the binary is built with the tests");
        let mut first_line = String::new();
        let stdout = child.stdout.take().expect("it is piped");
        BufReader::new(stdout).read_line(&mut first_line).expect("it can be read");
        let url = first_line.trim().strip_prefix("listening on ");
        let url = url.unwrap_or_else(|| panic!("the server did not start; its first line: {first_line:?}")).to_owned();
        Self { child, url }
    }

    pub fn client(&self) -> Client {
        Client::new(&self.url, ADMIN_KEY)
    }

    pub fn url(&self) -> &str {
        &self.url
    }

    /// `kill -9`.
    pub fn kill(&mut self) {
        self.child.kill().expect("it runs");
        self.child.wait().expect("it was running");
    }

    /// Sends it a signal, such as `STOP`.
    pub fn signal(&self, name: &str) {
        let pid = self.child.id().to_string();
        assert!(Command::new("kill").args(["-s", name, &pid]).status().expect("kill runs").success());
    }

    /// Waits until it has ended by itself; answers whether it has.
    pub async fn has_died(&mut self, patience: Duration) -> bool {
        let started = Instant::now();
        while self.child.try_wait().expect("it can be asked").is_none() {
            if started.elapsed() > patience {
                return false;
            }
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
        true
    }

    /// Asks it to end and waits until it has.
    pub async fn terminate(mut self) -> std::process::ExitStatus {
        self.signal("TERM");
        tokio::task::spawn_blocking(move || self.child.wait().expect("it was running")).await.expect("no panic")
    }
}

impl Drop for Node {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// The server's program, to be given a command.
pub fn binary() -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_ledger-under-test"));
    // Whoever runs the tests may have an account: it is none of theirs.
    for setting in ["STRIPE_SECRET_KEY", "STRIPE_SECRET_KEY_FILE", "STRIPE_WEBHOOK_SECRETS", "STRIPE_API_BASE"] {
        command.env_remove(setting);
    }
    command
}

/// Runs a subcommand to its end.
pub async fn command(database_url: &str, arguments: &[&str]) -> Output {
    let mut command = binary();
    command.args(arguments).env("DATABASE_URL", database_url).stdin(Stdio::null());
    tokio::task::spawn_blocking(move || command.output().expect("the binary is built")).await.expect("no panic")
}
