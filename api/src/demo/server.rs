//! A server of the demonstration's own, on a data directory that is thrown away with it.

use std::path::Path;
use std::process::Stdio;
use std::time::Duration;

use anyhow::Context as _;
use tempfile::TempDir;
use tokio::io::{AsyncBufReadExt as _, BufReader};
use tokio::process::{Child, Command};
use tokio::time::timeout;

/// Making a new PostgreSQL takes a second or two; a slow machine may take far longer.
const START_TIMEOUT: Duration = Duration::from_secs(120);

/// A server drains, then stops its PostgreSQL.
const STOP_TIMEOUT: Duration = Duration::from_secs(60);

/// The server and its data.
pub struct ThrowAway {
    child: Child,
    pub url: String,
    pub key: String,
    /// Removed when this is dropped, after the server has ended.
    _data: TempDir,
}

impl ThrowAway {
    /// Starts this program's `serve` on a new data directory.
    ///
    /// # Errors
    /// It does not start; it says why on stderr.
    pub async fn start() -> anyhow::Result<Self> {
        let data = tempfile::Builder::new().prefix("credit-ledger-demo-").tempdir()?;
        let key = hex::encode(rand::random::<[u8; 32]>());
        let mut child = command(data.path(), &key)?.spawn().context("cannot start the server")?;
        let address = timeout(START_TIMEOUT, first_line(&mut child)).await;
        let url = address.context("the server does not say its address in time")??;
        Ok(Self { child, url, key, _data: data })
    }

    /// Lets the server drain and end, then removes its data.
    ///
    /// # Errors
    /// It does not end in time, and is killed.
    pub async fn stop(mut self) -> anyhow::Result<()> {
        let Some(pid) = self.child.id() else { return Ok(()) };
        // The shell's `kill`: the standard library sends only SIGKILL.
        Command::new("sh").args(["-c", "kill -TERM \"$0\"", &pid.to_string()]).status().await?;
        timeout(STOP_TIMEOUT, self.child.wait()).await.context("the server does not end")??;
        Ok(())
    }
}

fn command(data: &Path, key: &str) -> anyhow::Result<Command> {
    let mut command = Command::new(std::env::current_exe()?);
    // A demonstration never writes to the database that this shell is set up for.
    for (name, _) in std::env::vars_os().filter(|(name, _)| is_setting(&name.to_string_lossy())) {
        command.env_remove(name);
    }
    command
        .args(["serve", "--listen", "127.0.0.1:0", "--data-dir"])
        .arg(data)
        .env("CREDIT_LEDGER_ADMIN_KEY", key)
        .env("CREDIT_LEDGER_LOG", "error")
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .kill_on_drop(true);
    Ok(command)
}

fn is_setting(name: &str) -> bool {
    name.starts_with("CREDIT_LEDGER_") || name.contains("DATABASE_URL")
}

/// The address in the first line on stdout, `listening on URL`.
async fn first_line(child: &mut Child) -> anyhow::Result<String> {
    let stdout = child.stdout.take().expect("stdout was piped when the process was started");
    let mut lines = BufReader::new(stdout).lines();
    let line = lines.next_line().await?.context("the server ended before it listened")?;
    // Reading on keeps a server that prints more from blocking.
    tokio::spawn(async move { while let Ok(Some(_)) = lines.next_line().await {} });
    let url = line.strip_prefix("listening on ").with_context(|| format!("not an address: {line}"))?;
    Ok(url.trim().to_owned())
}
