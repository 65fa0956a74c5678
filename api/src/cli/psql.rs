//! `credit-ledger psql`.

use std::ffi::OsString;
use std::process::Stdio;

use clap::{Args, ValueEnum};
use sqlx::ConnectOptions;
use sqlx::postgres::{PgConnectOptions, PgSslMode};
use tokio::process::Command;
use tokio::signal::unix::{SignalKind, signal};

use super::{DatabaseArgs, Failure, Purpose};

/// Opens psql on the ledger's database.
#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  credit-ledger psql\n  \
    credit-ledger psql -- -c 'SELECT count(*) FROM store.events'")]
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

/// Taking a role does not take its settings, which belong to logins: an analyst's session is bounded in either case, so that
/// none holds a snapshot open for hours (CORRECTNESS C26).
const AS_ANALYST: &str = "-c role=ledger_analyst -c default_transaction_read_only=on -c statement_timeout=5min \
                          -c idle_in_transaction_session_timeout=1min -c lock_timeout=10s";

impl Psql {
    pub async fn run(self) -> Result<(), Failure> {
        let database = self.database.open(Purpose::Read).await?;
        // Ctrl-C is psql's: it cancels a statement there, and must not end us and with us a private server.
        let interrupts = signal(SignalKind::interrupt());
        let mut psql = Command::new("psql");
        // In the environment, not among the arguments: those are seen by everyone on the machine.
        psql.envs(environment(database.options()));
        if self.role == Role::Analyst {
            psql.env("PGOPTIONS", AS_ANALYST);
        }
        if self.csv {
            psql.arg("--csv");
        }
        let status = psql.args(&self.args).stdin(Stdio::inherit()).status().await;
        drop(interrupts);
        database.close().await;
        match status {
            Ok(status) if status.success() => Ok(()),
            Ok(status) => Err(Failure::finding(format!("psql ended with {status}"))),
            Err(error) => {
                Err(Failure::caused("psql cannot be started; is the client of PostgreSQL installed?", &error))
            }
        }
    }
}

/// The variables by which libpq finds the database.
fn environment(options: &PgConnectOptions) -> Vec<(&'static str, String)> {
    let host = match options.get_socket() {
        Some(directory) => directory.display().to_string(),
        None => options.get_host().to_owned(),
    };
    let ssl_mode = match options.get_ssl_mode() {
        PgSslMode::Disable => "disable",
        PgSslMode::Allow => "allow",
        PgSslMode::Prefer => "prefer",
        PgSslMode::Require => "require",
        PgSslMode::VerifyCa => "verify-ca",
        PgSslMode::VerifyFull => "verify-full",
    };
    let user = options.get_username().to_owned();
    let mut environment = vec![
        ("PGHOST", host),
        ("PGPORT", options.get_port().to_string()),
        ("PGDATABASE", options.get_database().unwrap_or(&user).to_owned()),
        ("PGUSER", user),
        ("PGSSLMODE", ssl_mode.to_owned()),
    ];
    environment.extend(options.to_url_lossy().password().map(|password| ("PGPASSWORD", percent_decoded(password))));
    environment
}

/// A password as it stands in a URL, decoded.
fn percent_decoded(text: &str) -> String {
    let (mut bytes, mut rest) = (Vec::new(), text.as_bytes());
    while let [first, tail @ ..] = rest {
        let escaped = tail.get(..2).filter(|_| *first == b'%').and_then(|digits| hex::decode(digits).ok());
        match escaped {
            Some(byte) => {
                bytes.extend(byte);
                rest = &tail[2..];
            }
            None => {
                bytes.push(*first);
                rest = tail;
            }
        }
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::str::FromStr;

    #[test]
    fn psql_reaches_what_the_url_says() {
        let options = PgConnectOptions::from_str("postgres://ann:p%40ss%25@db:5433/ledger").unwrap();
        let environment = environment(&options);
        for expected in [("PGHOST", "db"), ("PGPORT", "5433"), ("PGUSER", "ann"), ("PGPASSWORD", "p@ss%")] {
            assert!(environment.iter().any(|(name, value)| (*name, value.as_str()) == expected), "{environment:?}");
        }
    }
}
