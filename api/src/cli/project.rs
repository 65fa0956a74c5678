//! `credit-ledger project`.

use std::sync::Arc;

use clap::Args;
use projections::{Limits, Runner, Settings, projectors};

use super::output::say;
use super::process::{Ends, start_logging};
use super::{DatabaseArgs, Failure, Purpose};
use crate::clock::SystemClock;

/// Runs the projectors alone, for a node of their own. Nodes share the work by partition, and take over from each other.
#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  DATABASE_URL=postgres://ledger@db/ledger credit-ledger project\n  \
    credit-ledger project --data-dir /var/lib/credit-ledger")]
pub struct Project {
    /// What is logged, such as `info` or `warn,projections=debug`.
    #[arg(long, env = "CREDIT_LEDGER_LOG", default_value = "info", value_name = "FILTER")]
    log: String,
    /// Log as JSON, one object a line.
    #[arg(long, env = "CREDIT_LEDGER_JSON")]
    json: bool,
    #[command(flatten)]
    database: DatabaseArgs,
}

impl Project {
    pub async fn run(self) -> Result<(), Failure> {
        start_logging(&self.log, self.json)?;
        let database = self.database.open(Purpose::Use).await?;
        let settings = Settings {
            options: database.options().clone(),
            projectors: projectors::all(),
            clock: Arc::new(SystemClock::new()),
            tails: None,
            replica: None,
            projects: true,
            limits: Limits::default(),
        };
        let mut ends = Ends::listen()?;
        let what = "the projectors cannot start (a fresh database needs `credit-ledger migrate`)";
        let runner = Runner::start(settings).await.map_err(|error| Failure::caused(what, &error))?;
        say("projecting");
        ends.wait().await;
        tracing::info!("shutting down");
        runner.shutdown().await;
        database.close().await;
        Ok(())
    }
}
