//! `credit-ledger psql`.

use std::ffi::OsString;
use std::process::Stdio;

use clap::{Args, ValueEnum};
use sqlx::ConnectOptions;
use tokio::process::Command;

use super::{DatabaseArgs, Failure};

/// Opens psql on the ledger's database.
#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  credit-ledger psql\n  \
    credit-ledger psql --role analyst -- -c 'SELECT count(*) FROM store.events'")]
pub struct Psql {
    /// As whom: `analyst` may only read the read tables.
    #[arg(long, value_enum, default_value_t = Role::Admin)]
    role: Role,
    /// Arguments for psql.
    #[arg(last = true, value_name = "ARGS")]
    args: Vec<OsString>,
    /// Print rows as CSV, which other programs can read.
    #[arg(long)]
    csv: bool,
    #[command(flatten)]
    database: DatabaseArgs,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Role {
    Admin,
    Analyst,
}

impl Psql {
    pub async fn run(self) -> Result<(), Failure> {
        let database = self.database.open().await?;
        let mut psql = Command::new("psql");
        // In the environment, not among the arguments: those are seen by everyone on the machine.
        psql.env("PGSERVICEFILE", "/dev/null").env("PSQLRC", "/dev/null");
        let url = database.options().to_url_lossy();
        psql.env("PGDATABASE", url.as_str());
        if self.role == Role::Analyst {
            psql.env("PGOPTIONS", "-c role=ledger_analyst -c default_transaction_read_only=on");
        }
        if self.csv {
            psql.arg("--csv");
        }
        let status = psql.args(&self.args).stdin(Stdio::inherit()).status().await;
        database.close().await;
        match status {
            Ok(status) if status.success() => Ok(()),
            Ok(status) => Err(Failure::finding(format!("psql ended with {status}"))),
            Err(error) => Err(Failure::caused("psql cannot be started; is the client of PostgreSQL installed?", &error)),
        }
    }
}
