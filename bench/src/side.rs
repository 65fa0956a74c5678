//! The sides of the comparison, each a process of its own.

use std::path::PathBuf;
use std::process::Stdio;
use std::time::Duration;

use anyhow::{Context as _, bail};
use serde::Serialize;
use tokio::io::{AsyncBufReadExt as _, BufReader};
use tokio::process::{Child, Command};
use tokio::time::{Instant, sleep, timeout};

use crate::databases::Databases;
use crate::load::Target;
use crate::load::connection::Connection;
use crate::load::webhook;

/// A server that is not ready by then will not be.
const START_TIMEOUT: Duration = Duration::from_secs(60);

/// A server has this long to drain.
const STOP_TIMEOUT: Duration = Duration::from_secs(30);

/// Between looks at a server that starts.
const READY_PAUSE: Duration = Duration::from_millis(20);

/// The admin key of the measured ledger, which nobody else can reach.
const KEY: &str = "ledger-bench-ledger-bench-ledger-bench";

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, clap::ValueEnum)]
#[serde(rename_all = "snake_case")]
pub enum Side {
    Ours,
    StockEvents,
    StockSnapshots,
}

impl Side {
    pub const ALL: [Self; 3] = [Self::Ours, Self::StockEvents, Self::StockSnapshots];
    pub const STOCK: [Self; 2] = [Self::StockEvents, Self::StockSnapshots];

    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Ours => "ours",
            Self::StockEvents => "stock, event store",
            Self::StockSnapshots => "stock, snapshot store",
        }
    }

    #[must_use]
    pub const fn database(self) -> &'static str {
        match self {
            Self::Ours => "bench_ours",
            Self::StockEvents => "bench_stock_events",
            Self::StockSnapshots => "bench_stock_snapshots",
        }
    }
}

/// What starting a side needs.
#[derive(Clone, Debug)]
pub struct Stage {
    pub databases: Databases,
    /// The ledger's binary.
    pub ledger: PathBuf,
    /// This binary, which is the stock service too.
    pub bench: PathBuf,
}

/// A side that takes requests.
pub struct Running {
    child: Child,
    pub target: Target,
}

impl Stage {
    fn command(&self, side: Side) -> Command {
        let database_url = self.databases.url(side.database());
        let stock = |mode: &str| {
            let mut command = Command::new(&self.bench);
            command.args(["stock", "--mode", mode, "--listen", "127.0.0.1:0", "--database-url"]).arg(&database_url);
            command
        };
        match side {
            Side::Ours => {
                let mut command = Command::new(&self.ledger);
                command
                    .args(["serve", "--listen", "127.0.0.1:0"])
                    .env("DATABASE_URL", &database_url)
                    .env("CREDIT_LEDGER_ADMIN_KEY", KEY)
                    .env("CREDIT_LEDGER_LOG", "error")
                    // Where nobody answers: what is measured asks Stripe for nothing.
                    .envs([("STRIPE_SECRET_KEY", "sk_test_ledger_bench"), ("STRIPE_API_BASE", "http://127.0.0.1:9")])
                    .env("STRIPE_WEBHOOK_SECRETS", webhook::SECRET);
                command
            }
            Side::StockEvents => stock("events"),
            Side::StockSnapshots => stock("snapshots"),
        }
    }

    /// Starts a side and waits until it is ready.
    ///
    /// # Errors
    /// It does not start.
    pub async fn start(&self, side: Side) -> anyhow::Result<Running> {
        let mut child = self
            .command(side)
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .kill_on_drop(true)
            .spawn()
            .with_context(|| format!("cannot start {}", side.name()))?;
        let address = timeout(START_TIMEOUT, first_line(&mut child)).await.context("no address in time")??;
        let running = Running { child, target: Target::try_new(address.parse()?, KEY)? };
        running.wait_until_ready().await?;
        Ok(running)
    }
}

/// The address in the first line on stdout, `listening on http://ADDRESS`.
async fn first_line(child: &mut Child) -> anyhow::Result<String> {
    let stdout = child.stdout.take().expect("stdout was piped when the process was started");
    let mut lines = BufReader::new(stdout).lines();
    let line = lines.next_line().await?.context("the server ended before it listened")?;
    // Reading on keeps a server that prints more from blocking.
    tokio::spawn(async move { while let Ok(Some(_)) = lines.next_line().await {} });
    let address = line.strip_prefix("listening on http://").with_context(|| format!("not an address: {line}"))?;
    Ok(address.trim_end_matches('/').to_owned())
}

impl Running {
    async fn wait_until_ready(&self) -> anyhow::Result<()> {
        let deadline = Instant::now() + START_TIMEOUT;
        while Instant::now() < deadline {
            let reply = Connection::open(&self.target).await?.send(self.target.get("/readyz")?).await?;
            if reply.status == 200 {
                return Ok(());
            }
            sleep(READY_PAUSE).await;
        }
        bail!("the server does not get ready")
    }

    /// Resident memory in bytes, as the kernel counts it.
    ///
    /// # Errors
    /// The process ended, or the kernel tells no such thing.
    pub fn resident_bytes(&self) -> anyhow::Result<u64> {
        let pid = self.child.id().context("the server ended")?;
        let status = std::fs::read_to_string(format!("/proc/{pid}/status"))?;
        let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).context("no VmRSS")?;
        let kibibytes: u64 = line.trim().trim_end_matches(" kB").parse()?;
        Ok(kibibytes * 1024)
    }

    /// Asks the server to end, and waits for it.
    ///
    /// # Errors
    /// It does not end; it is killed then.
    pub async fn stop(mut self) -> anyhow::Result<()> {
        let pid = self.child.id().context("the server ended by itself")?;
        Command::new("sh").args(["-c", "kill -TERM \"$0\"", &pid.to_string()]).status().await?;
        timeout(STOP_TIMEOUT, self.child.wait()).await.context("the server does not end")??;
        Ok(())
    }
}
