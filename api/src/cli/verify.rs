//! `credit-ledger verify`.

use std::path::{Path, PathBuf};

use clap::Args;
use indicatif::{ProgressBar, ProgressDrawTarget};
use serde_json::{Value, json};
use sqlx::postgres::PgPool;
use store::anchor::{self, Anchor};
use store::verify::{Finding, Progress, Report};

use super::output::say;
use super::{DatabaseArgs, Failure, Purpose};

/// Recomputes every chain, state and snapshot from the log, and names the first row of each stream that differs.
///
/// Without an anchor that is kept elsewhere, neither a cut tail nor a chain that was computed anew can be detected.
#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  credit-ledger verify\n  \
    credit-ledger verify --anchor /mnt/worm/ledger.anchor --json")]
pub struct Verify {
    /// Compare with this anchor, if it exists, and write the present one when nothing was found.
    #[arg(long, value_name = "FILE")]
    anchor: Option<PathBuf>,
    /// Print the result as JSON.
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    database: DatabaseArgs,
}

impl Verify {
    pub async fn run(self) -> Result<(), Failure> {
        let database = self.database.open(Purpose::Use).await?;
        let result = self.verify(database.pool()).await;
        database.close().await;
        let (report, deviations) = result?;
        self.print(&report, &deviations);
        let found = report.findings.len() + deviations.len();
        if found > 0 {
            return Err(Failure::finding(format!("the log is not what was written: findings: {found}")));
        }
        match &self.anchor {
            Some(file) => report.anchor.write(file).map_err(|error| unusable(file, &error)),
            None => Ok(()),
        }
    }

    async fn verify(&self, pool: &PgPool) -> Result<(Report, Vec<String>), Failure> {
        let unreadable = |error| Failure::caused("the log cannot be read", &error);
        let anchored = match &self.anchor {
            Some(file) => Anchor::read(file).map_err(|error| unusable(file, &error))?,
            None => None,
        };
        let bar = ProgressBar::with_draw_target(None, ProgressDrawTarget::stderr());
        let report = store::verify::verify(pool, |Progress { events, total }| {
            bar.set_length(total);
            bar.set_position(events);
        });
        let report = report.await.map_err(unreadable)?;
        bar.finish_and_clear();
        let deviations = match &anchored {
            Some(anchored) => anchor::compare(pool, report.partitions, anchored).await.map_err(unreadable)?,
            None => Vec::new(),
        };
        Ok((report, deviations.iter().map(ToString::to_string).collect()))
    }

    fn print(&self, report: &Report, deviations: &[String]) {
        let Report { partitions, streams, events, snapshots, findings, .. } = report;
        if self.json {
            let findings: Vec<Value> = findings.iter().map(finding).collect();
            say(json!({"partitions": partitions, "streams": streams, "events": events, "snapshots": snapshots,
                       "findings": findings, "deviations": deviations}));
            return;
        }
        for found in findings {
            say(found);
        }
        for deviation in deviations {
            say(deviation);
        }
        let verdict = if report.is_clean() && deviations.is_empty() { "all is as written" } else { "NOT as written" };
        say(format_args!(
            "verified {events} events of {streams} organizations and {snapshots} snapshots in {partitions} partitions: \
             {verdict}"
        ));
    }
}

fn finding(found: &Finding) -> Value {
    json!({"partition": found.partition, "position": found.position, "organization": found.organization,
           "sequence": found.sequence, "fault": found.fault.to_string()})
}

fn unusable(file: &Path, error: &std::io::Error) -> Failure {
    Failure::usage(format!("--anchor {}: {error}", file.display()))
}
