//! `credit-ledger demo-history`.

use std::sync::Arc;
use std::time::Duration;

use clap::Args;
use projections::{Limits, Runner, Settings, projectors, standings};
use sqlx::PgPool;
use store::Clock;

use super::output::say;
use super::{Database, DatabaseArgs, Failure, Purpose};
use crate::clock::SystemClock;
use crate::history::{self, HistoryError};

/// How often it is looked whether the read tables have everything.
const LOOK_EVERY: Duration = Duration::from_millis(50);

/// Fill an empty ledger with a quarter of made-up history, always the same: January to March 2026, five organizations.
///
/// The results in docs/analysts.md are those of this history.
#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  credit-ledger demo-history --data-dir history\n  \
    credit-ledger psql --data-dir history -- -c 'SELECT * FROM analytics.revenue'")]
pub struct DemoHistory {
    #[command(flatten)]
    database: DatabaseArgs,
}

impl DemoHistory {
    pub async fn run(self) -> Result<(), Failure> {
        let database = self.database.open(Purpose::Migrate).await?;
        let result = write(&database).await;
        database.close().await;
        let (accepted, refused) = result?;
        say(format_args!("wrote a quarter of history: {accepted} commands accepted, {refused} refused"));
        Ok(())
    }
}

async fn write(database: &Database) -> Result<(u32, u32), Failure> {
    database.migrate(None).await?;
    let written = history::write(database.log().await?).await.map_err(|error| match error {
        HistoryError::NotEmpty => Failure::finding("the ledger is not empty: a history is written into a new one"),
        HistoryError::Log(_) | HistoryError::Ledger(_) => Failure::caused("the history cannot be written", &error),
    })?;
    project(database).await?;
    Ok(written)
}

async fn project(database: &Database) -> Result<(), Failure> {
    let unprojected = |error| Failure::caused("the history cannot be projected", &error);
    let settings = Settings {
        options: database.options().clone(),
        projectors: projectors::all(),
        clock: Arc::new(SystemClock::new()),
        tails: None,
        replica: None,
        projects: true,
        limits: Limits::default(),
    };
    let runner = Runner::start(settings).await.map_err(unprojected)?;
    while lags(database.pool()).await.map_err(unprojected)? {
        tokio::time::sleep(LOOK_EVERY).await;
    }
    runner.shutdown().await;
    Ok(())
}

async fn lags(pool: &PgPool) -> Result<bool, sqlx::Error> {
    let all = standings(pool, SystemClock::new().now()).await?;
    // One that has stopped will not go on by being waited for; `status` tells why.
    Ok(all.iter().any(|standing| standing.stop.is_none() && standing.lag_events() > 0))
}
