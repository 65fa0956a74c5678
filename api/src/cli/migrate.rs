//! `credit-ledger migrate`.

use clap::Args;

use super::output::say;
use super::{DatabaseArgs, Failure, Purpose};

/// Brings the database to this version's shape. Safe to repeat and to run from several places at once.
#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  credit-ledger migrate --partitions 64\n  \
    DATABASE_URL=postgres://ledger@db/ledger credit-ledger migrate")]
pub struct Migrate {
    /// How many partitions the database gets; only its first migration decides, and a large installation starts
    /// with 64 (default 4).
    #[arg(long, env = "CREDIT_LEDGER_PARTITIONS", value_parser = clap::value_parser!(u16).range(1..=1024))]
    partitions: Option<u16>,
    /// Print the result as JSON.
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    database: DatabaseArgs,
}

impl Migrate {
    pub async fn run(self) -> Result<(), Failure> {
        let database = self.database.open(Purpose::Migrate).await?;
        let partitions = database.migrate(self.partitions).await?;
        if self.json {
            say(serde_json::json!({"partitions": partitions}));
        } else {
            say(format_args!("the database is up to date, with {partitions} partitions"));
        }
        database.close().await;
        Ok(())
    }
}
