//! `credit-ledger report`.

use std::io::{ErrorKind, Write};
use std::sync::Arc;

use clap::{Args, Subcommand};
use domain::{OrganizationId, Scale};
use projections::queries::{Bucket, Group, Limit, PageRequest, QueryError, Reader, UsageFilter};
use projections::{Runner, WaitError, projectors};
use store::log::Log;

use super::price_book::scale;
use super::{Database, DatabaseArgs, Failure, Purpose};
use crate::answers::lists::{TransactionRow, UsageRow};
use crate::clock::SystemClock;
use crate::report::{Books, Format, Month, Statement, UsageReport};

/// Prints a usage report or an account statement of an organization's month (UTC), from the read models.
#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  credit-ledger report statement --organization acme --month 2026-11\n  \
    credit-ledger report usage --organization acme --month 2026-11 --csv > usage.csv")]
pub struct Report {
    #[command(subcommand)]
    kind: Kind,
    #[command(flatten)]
    database: DatabaseArgs,
}

#[derive(Debug, Subcommand)]
enum Kind {
    /// What each operation was used for: count, credits, quantities.
    Usage(Of),
    /// Opening balance, every movement, closing balance.
    Statement(Of),
}

#[derive(Debug, Args)]
struct Of {
    /// Whose.
    #[arg(long, value_name = "ORG")]
    organization: String,
    /// Such as 2026-11.
    #[arg(long, value_name = "YYYY-MM")]
    month: Month,
    /// Print CSV.
    #[arg(long, conflicts_with = "json")]
    csv: bool,
    /// Print one JSON object.
    #[arg(long)]
    json: bool,
}

impl Of {
    fn format(&self, scale: Scale) -> Format {
        match (self.csv, self.json) {
            (true, _) => Format::Csv,
            (false, true) => Format::Json,
            (false, false) => Format::Table(scale),
        }
    }
}

impl Report {
    pub async fn run(self) -> Result<(), Failure> {
        let (Kind::Usage(of) | Kind::Statement(of)) = &self.kind;
        let organization = OrganizationId::try_new(&of.organization)
            .map_err(|error| Failure::usage(format!("--organization: {error}")))?;
        let database = self.database.open(Purpose::Use).await?;
        let reader = fresh(&database, &organization).await?;
        let (format, month) = (of.format(scale(database.pool()).await?), of.month);
        let out = std::io::stdout().lock();
        let written = match &self.kind {
            Kind::Usage(_) => usage(&reader, &organization, month, format, out).await,
            Kind::Statement(_) => statement(&reader, &organization, month, format, out).await,
        };
        reader.close().await;
        database.close().await;
        written
    }
}

/// A reader that shows all that the log has of the organization: a statement that is behind would be wrong.
async fn fresh(database: &Database, organization: &OrganizationId) -> Result<Reader, Failure> {
    let log = database.log().await?;
    let partition = organization.partition(log.partitions());
    let heads = log.heads_and_keys(partition, &[(organization.clone(), None)]).await;
    let head = heads.and_then(|heads| heads.into_iter().next().transpose());
    let head = head.map_err(|error| Failure::caused("the log cannot be read", &error))?;
    let last = head.map_or(0, |head| head.sequence);
    if last == 0 {
        return Err(Failure::finding(format!("there is no organization {organization}")));
    }
    let unreadable = |error| Failure::caused("the read models cannot be read", &error);
    let watcher = Runner::start(projections::Settings {
        options: database.options().clone(),
        projectors: projectors::all(),
        clock: Arc::new(SystemClock::new()),
        tails: None,
        replica: None,
        projects: false,
        limits: projections::Limits::default(),
    });
    let watcher = watcher.await.map_err(unreadable)?;
    for projector in ["transactions", "usage"] {
        let seen = watcher.waiter().seen(projector, organization, last).await;
        seen.map_err(|error| match error {
            WaitError::TimedOut { .. } | WaitError::PastTheEnd { .. } => Failure::unavailable(format!(
                "the read model {projector} is behind the log; a running `credit-ledger serve` or `project` brings it up"
            )),
            WaitError::Database(error) => unreadable(error),
        })?;
    }
    watcher.shutdown().await;
    Ok(Reader::new(database.options().clone(), log.partitions()))
}

async fn usage(
    reader: &Reader,
    organization: &OrganizationId,
    month: Month,
    format: Format,
    out: impl Write,
) -> Result<(), Failure> {
    let filter = UsageFilter {
        asked: (None, None),
        from: month.start(),
        to: month.end(),
        bucket: Bucket::Whole,
        groups: vec![Group::Operation],
        operation: None,
        subject: None,
    };
    let limit = Limit::new(Limit::MAX).expect("the largest limit is one");
    let (mut rows, mut request) = (Vec::new(), PageRequest::first(limit));
    loop {
        let page = reader.usage(organization, &filter, &request).await.map_err(unread)?;
        rows.extend(page.rows.into_iter().map(|row| UsageRow::of(row, &filter.groups)));
        match page.next {
            Some(cursor) => request.cursor = Some(cursor),
            None => break,
        }
    }
    unless_closed(UsageReport::of(organization.as_str(), month, rows).write(out, format))
}

async fn statement(
    reader: &Reader,
    organization: &OrganizationId,
    month: Month,
    format: Format,
    out: impl Write,
) -> Result<(), Failure> {
    let opening = reader.balance_before(organization, month.start()).await.map_err(unread)?;
    let opened = Statement::open(out, format, organization.as_str(), month, opening);
    let Some(mut statement) = while_open(opened)? else { return Ok(()) };
    let mut after = None;
    loop {
        let piece = reader.movements(organization, month.start(), month.end(), after).await.map_err(unread)?;
        let Some(last) = piece.last() else { break };
        after = Some((last.created_at, last.sequence));
        for row in piece {
            if while_open(statement.movement(&TransactionRow::from(row)))?.is_none() {
                return Ok(());
            }
        }
    }
    match while_open(statement.close())? {
        Some(Books { is_whole: false, .. }) => Err(Failure::finding(
            "the movements do not add up; compare the read models with the log by `credit-ledger verify`",
        )),
        Some(_) | None => Ok(()),
    }
}

fn unread(error: QueryError) -> Failure {
    Failure::caused("the read models cannot be read", &error)
}

/// `None` where the reader of the output has seen enough, which is no failure.
fn while_open<T>(written: std::io::Result<T>) -> Result<Option<T>, Failure> {
    match written {
        Ok(written) => Ok(Some(written)),
        Err(error) if error.kind() == ErrorKind::BrokenPipe => Ok(None),
        Err(error) => Err(Failure::caused("stdout cannot be written", &error)),
    }
}

fn unless_closed(written: std::io::Result<()>) -> Result<(), Failure> {
    while_open(written).map(|_| ())
}
