//! `credit-ledger verify`.

use std::path::{Path, PathBuf};

use clap::Args;
use indicatif::{ProgressBar, ProgressDrawTarget};
use projections::verify::Report as Projected;
use projections::{Standing, projectors};
use serde_json::{Value, json};
use sqlx::postgres::PgPool;
use store::Clock as _;
use store::anchor::{self, Anchor};
use store::verify::{Finding, PriceReport, Progress, Report};

use super::output::say;
use super::{Database, DatabaseArgs, Failure, Purpose};
use crate::clock::SystemClock;

/// Recomputes every chain, state and snapshot from the log, and names the first row of each stream that differs, and every
/// checkpoint past the end of the log; with --projections also every row of the read tables, with --prices every charge by its version of the price book.
///
/// Without an anchor that is kept elsewhere, neither a cut tail nor a chain that was computed anew can be detected.
#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  credit-ledger verify\n  \
    credit-ledger verify --projections --prices\n  \
    credit-ledger verify --anchor /mnt/worm/ledger.anchor --json")]
pub struct Verify {
    /// Compare with this anchor, if it exists, and write the present one when nothing was found.
    #[arg(long, value_name = "FILE")]
    anchor: Option<PathBuf>,
    /// Recompute the read tables as well, into temporary tables, and name the first row of each that differs.
    #[arg(long)]
    projections: bool,
    /// Compute every priced consumption again, by the version of the price book that it names.
    #[arg(long)]
    prices: bool,
    /// Print the result as JSON.
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    database: DatabaseArgs,
}

impl Verify {
    pub async fn run(self) -> Result<(), Failure> {
        // What is recomputed lies in temporary tables, which a replica has not.
        let purpose = if self.projections { Purpose::Use } else { Purpose::Read };
        let database = self.database.open(purpose).await?;
        let result = self.verify(database.pool()).await;
        let ahead = checkpoints_ahead(database.pool()).await;
        let projected = match self.projections {
            true => Some(verify_projections(&database).await),
            false => None,
        };
        let priced = match self.prices {
            true => Some(verify_prices(database.pool()).await),
            false => None,
        };
        database.close().await;
        let (report, mut deviations) = result?;
        deviations.extend(ahead?);
        let (projected, priced) = (projected.transpose()?, priced.transpose()?);
        self.print(&report, &deviations, projected.as_ref(), priced.as_ref());
        let found = report.findings.len() + deviations.len();
        if found > 0 {
            return Err(Failure::finding(format!("the log is not what was written: findings: {found}")));
        }
        let found = projected.map_or(0, |projected| projected.findings.len());
        if found > 0 {
            return Err(Failure::finding(format!("the read tables are not what the log says: findings: {found}")));
        }
        let found = priced.map_or(0, |priced| priced.findings.len());
        if found > 0 {
            return Err(Failure::finding(format!("charges are not what the price book says: findings: {found}")));
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

    fn print(
        &self,
        report: &Report,
        deviations: &[String],
        projected: Option<&Projected>,
        priced: Option<&PriceReport>,
    ) {
        let Report { partitions, streams, events, snapshots, findings, .. } = report;
        if self.json {
            let findings: Vec<Value> = findings.iter().map(finding).collect();
            let projections = projected.map(|projected| {
                let findings: Vec<String> = projected.findings.iter().map(ToString::to_string).collect();
                json!({"events": projected.events, "rows": projected.rows, "findings": findings})
            });
            say(json!({"partitions": partitions, "streams": streams, "events": events, "snapshots": snapshots,
                       "findings": findings, "deviations": deviations, "projections": projections,
                       "prices": priced.map(prices)}));
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
        if let Some(Projected { events, rows, findings, .. }) = projected {
            for found in findings {
                say(found);
            }
            let verdict = if findings.is_empty() { "all is as the log says" } else { "NOT as the log says" };
            say(format_args!("recomputed {rows} rows of the read tables from {events} events: {verdict}"));
        }
        if let Some(PriceReport { priced, credits, findings }) = priced {
            for found in findings {
                say(found);
            }
            let verdict = if findings.is_empty() { "all are as charged" } else { "NOT as charged" };
            say(format_args!("computed {priced} priced consumptions of {credits} credits again: {verdict}"));
        }
    }
}

fn prices(report: &PriceReport) -> Value {
    let findings: Vec<String> = report.findings.iter().map(ToString::to_string).collect();
    json!({"priced": report.priced, "credits": report.credits.to_string(), "findings": findings})
}

/// Checkpoints past the end of the log, which has lost what they have seen (CORRECTNESS C30).
async fn checkpoints_ahead(pool: &PgPool) -> Result<Vec<String>, Failure> {
    let standings = projections::standings(pool, SystemClock::new().now()).await;
    let standings = standings.map_err(|error| Failure::caused("the checkpoints cannot be read", &error))?;
    let ahead = standings.iter().filter(|standing| standing.position > standing.end);
    let told = ahead.map(|standing| {
        let Standing { projector, partition, position, end, .. } = standing;
        format!("projector {projector}, partition {partition}: its checkpoint is at {position}, the log ends at {end}")
    });
    Ok(told.collect())
}

async fn verify_prices(pool: &PgPool) -> Result<PriceReport, Failure> {
    let bar = ProgressBar::with_draw_target(None, ProgressDrawTarget::stderr());
    let report = store::verify::verify_prices(pool, |Progress { events, total }| {
        bar.set_length(total);
        bar.set_position(events);
    });
    let report = report.await.map_err(|error| Failure::caused("charges cannot be computed again", &error))?;
    bar.finish_and_clear();
    Ok(report)
}

async fn verify_projections(database: &Database) -> Result<Projected, Failure> {
    let bar = ProgressBar::with_draw_target(None, ProgressDrawTarget::stderr());
    let told = bar.clone();
    let options = database.options().clone();
    let projected = projections::verify::verify(options, projectors::all(), move |progress| {
        told.set_length(progress.total);
        told.set_position(progress.events);
    });
    let projected = projected.await.map_err(|error| Failure::caused("the read tables cannot be recomputed", &error))?;
    bar.finish_and_clear();
    Ok(projected)
}

fn finding(found: &Finding) -> Value {
    json!({"partition": found.partition, "position": found.position, "organization": found.organization,
           "sequence": found.sequence, "fault": found.fault.to_string()})
}

fn unusable(file: &Path, error: &std::io::Error) -> Failure {
    Failure::usage(format!("--anchor {}: {error}", file.display()))
}
