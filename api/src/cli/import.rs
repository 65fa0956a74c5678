//! `credit-ledger import`.

use std::path::PathBuf;
use std::sync::Arc;

use clap::Args;
use domain::{IdempotencyKey, KeyNamespace, Timestamp};
use serde_json::json;
use sha2::{Digest, Sha256};
use store::ledger::{ExecuteError, Ledger};
use store::{Clock, CommandRequest, EventMetadata};

use super::actor::actor;
use super::output::say;
use super::{Database, DatabaseArgs, Failure, Purpose};
use crate::clock::SystemClock;
use crate::import::{Mistake, Row, read};

/// Rows that are executed together.
const CHUNK: usize = 500;
/// Mistakes that are told: who has more has another file in mind.
const MISTAKES_MAX: usize = 50;

/// Brings balances from elsewhere: a grant or purchase for each row of a CSV file.
///
/// Columns: organization, credits, category (paid or promotional), expires_at, price, currency, reference. `reference`
/// names the row for ever: a row that was imported before is skipped, so an import may be repeated.
#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  credit-ledger import balances.csv --dry-run\n  \
    credit-ledger import balances.csv --json")]
pub struct Import {
    /// The CSV file, UTF-8, with a line of column names.
    file: PathBuf,
    /// Read and check every row, and change nothing.
    #[arg(long)]
    dry_run: bool,
    /// Print the report as JSON.
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    database: DatabaseArgs,
}

/// What became of the rows.
#[derive(Debug, Default)]
struct Report {
    imported: u64,
    /// Imported by an earlier run.
    skipped: u64,
    credits: i128,
    failed: Vec<String>,
}

impl Import {
    pub async fn run(self) -> Result<(), Failure> {
        let name = self.file.display();
        let text = std::fs::read(&self.file).map_err(|error| Failure::usage(format!("{name}: {error}")))?;
        let rows = read(&text).map_err(|mistakes| refused(&name.to_string(), &mistakes))?;
        let report = if self.dry_run { planned(&rows, SystemClock::new().now()) } else { self.import(rows).await? };
        self.print(&report);
        match report.failed.len() {
            0 => Ok(()),
            failed => Err(Failure::finding(format!("{failed} rows were not imported"))),
        }
    }

    async fn import(&self, rows: Vec<Row>) -> Result<Report, Failure> {
        let database = self.database.open(Purpose::Use).await?;
        let result = execute(&database, rows).await;
        database.close().await;
        result
    }

    fn print(&self, report: &Report) {
        let Report { imported, skipped, credits, failed } = report;
        if self.json {
            return say(json!({"dry_run": self.dry_run, "imported": imported, "skipped": skipped,
                "credits": credits.to_string(), "failed": failed}));
        }
        failed.iter().for_each(say);
        let verb = if self.dry_run { "would be imported" } else { "imported" };
        say(format_args!(
            "{imported} rows {verb} with {credits} credits, {skipped} were there already, {} failed",
            failed.len()
        ));
    }
}

fn refused(name: &str, mistakes: &[Mistake]) -> Failure {
    let lines: Vec<_> = mistakes.iter().take(MISTAKES_MAX).map(|mistake| format!("{name}, {mistake}")).collect();
    Failure::finding(format!("{}\nnothing was imported: {} mistakes", lines.join("\n"), mistakes.len()))
}

fn planned(rows: &[Row], now: Timestamp) -> Report {
    let mut report = Report::default();
    for row in rows {
        if row.has_expired(now) {
            report.failed.push(format!("line {} ({}): expires_at is past", row.line, row.reference));
        } else {
            report.imported += 1;
            report.credits += i128::from(row.credits.get());
        }
    }
    report
}

async fn execute(database: &Database, rows: Vec<Row>) -> Result<Report, Failure> {
    let ledger = Ledger::start(database.log().await?, Arc::new(SystemClock::new()));
    let mut report = Report::default();
    for chunk in rows.chunks(CHUNK) {
        let requests = chunk.iter().map(request).collect();
        for (row, outcome) in chunk.iter().zip(ledger.execute_all(requests).await) {
            report.add(row, outcome.map(|committed| committed.replayed));
        }
    }
    ledger.shutdown().await;
    Ok(report)
}

impl Report {
    fn add(&mut self, row: &Row, outcome: Result<bool, ExecuteError>) {
        match outcome {
            Ok(true) => self.skipped += 1,
            Ok(false) => {
                self.imported += 1;
                self.credits += i128::from(row.credits.get());
            }
            Err(error) => self.failed.push(format!("line {} ({}): {error}", row.line, row.reference)),
        }
    }
}

/// The key and the hash of a row are its own, so that the same row is one command in whatever file it stands.
fn request(row: &Row) -> CommandRequest {
    let key = format!("import:{}", hex::encode(Sha256::digest(row.reference.as_str())));
    let key = IdempotencyKey::try_new(KeyNamespace::Client, &key).expect("a prefix and hexadecimal digits");
    let metadata = EventMetadata { actor: actor(), request_id: None, causation_id: None };
    let (organization, command) = (row.organization.clone(), row.command());
    CommandRequest { organization, key: Some((key, row.hash())), command, metadata, welcome: None }
}
