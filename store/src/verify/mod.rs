//! Recomputes from the log all that can be: positions, chains, commands, states, figures, snapshots.
//!
//! Invariant: reads in pages, whatever the size of the log, up to the ends that the partitions had at the start; it may
//! run beside a ledger that works.
//! Absent: read tables and checkpoints, which are `projections`'.

use std::collections::HashSet;
use std::fmt;

use domain::OutOfBalance;
use sqlx::postgres::PgPool;

use crate::anchor::{self, Anchor};
use crate::chain::AGGREGATE_TYPE;
use crate::log::LogError;
use crate::postgres::error::of_read;
use crate::postgres::row::{Row, Upcasters, event_columns};
use crate::snapshot::{self, SNAPSHOT_VERSION};

mod prices;
mod stream;

pub use prices::{PriceFault, PriceFinding, PriceReport, verify_prices};
use stream::Stream;

/// Rows of one read: a few megabytes at the largest events.
const PAGE: i64 = 1_000;
/// Findings that are told: a log with more is beyond repair by reading them.
const FINDINGS_MAX: usize = 100;

/// How far a verification is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Progress {
    pub events: u64,
    pub total: u64,
}

/// What was verified, and what was found.
#[derive(Clone, Debug, Default)]
pub struct Report {
    pub partitions: u16,
    pub streams: u64,
    pub events: u64,
    pub snapshots: u64,
    /// At most 100, the first of each stream.
    pub findings: Vec<Finding>,
    /// The ends of the partitions, to be kept elsewhere.
    pub anchor: Anchor,
}

/// One row that is not what it has to be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finding {
    pub partition: u16,
    pub position: Option<u64>,
    pub organization: Option<String>,
    pub sequence: Option<u64>,
    pub fault: Fault,
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let (Some(organization), Some(sequence)) = (&self.organization, self.sequence) {
            write!(f, "organization {organization}, sequence {sequence}, ")?;
        }
        write!(f, "partition {}", self.partition)?;
        if let Some(position) = self.position {
            write!(f, ", position {position}")?;
        }
        write!(f, ": {}", self.fault)
    }
}

/// What is wrong with a row.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Fault {
    #[error("no event has this position")]
    PositionMissing,
    #[error("the stream is not an organization's")]
    ForeignStream,
    #[error("the organization does not belong to this partition")]
    WrongPartition,
    #[error("sequence {expected} was expected")]
    SequenceMissing { expected: u64 },
    #[error("the chain hash is not that of the row")]
    HashDiffers,
    #[error("the row does not follow within its command")]
    CommandBroken,
    #[error("the event cannot be read: {0}")]
    Unreadable(String),
    #[error("the columns do not say what the payload says")]
    ColumnsDiffer,
    #[error("the event cannot be applied")]
    Inapplicable,
    #[error(transparent)]
    OutOfBalance(#[from] OutOfBalance),
    #[error("the figures after the event are not those of the folded state")]
    FiguresDiffer,
    #[error("the snapshot is not the folded state")]
    SnapshotDiffers,
    #[error("the snapshot is of an event that is not there")]
    SnapshotWithoutEvent,
}

/// Verifies the whole log; `progress` is told after every page.
///
/// # Errors
/// [`LogError`] where the log cannot be read. A log that is read and found wrong is a [`Report`].
pub async fn verify(pool: &PgPool, mut progress: impl FnMut(Progress) + Send) -> Result<Report, LogError> {
    let ends: Vec<(i16, i64)> = sqlx::query_as(
        "SELECT h.partition, coalesce(
             (SELECT e.position FROM store.events e WHERE e.partition = h.partition ORDER BY e.position DESC LIMIT 1), 0)
         FROM store.heads h ORDER BY h.partition",
    )
    .fetch_all(pool)
    .await
    .map_err(of_read)?;
    let ends: Vec<(u16, u64)> =
        ends.iter().map(|(partition, end)| (partition.unsigned_abs(), end.unsigned_abs())).collect();
    let total = ends.iter().map(|(_, end)| end).sum();
    let partitions = u16::try_from(ends.len()).map_err(|error| LogError::Corrupt(error.to_string()))?;
    let upcasters = domain::upcast::upcasters();
    let mut report = Report { partitions, ..Report::default() };
    for (partition, end) in ends {
        verify_positions(pool, partition, end, &mut report).await?;
        let mut walk = Walk { pool, partition, end, upcasters: &upcasters, report: &mut report, stream: None };
        walk.run(&mut |events| progress(Progress { events, total })).await?;
        find_orphans(pool, partition, &mut report).await?;
    }
    Ok(report)
}

async fn verify_positions(pool: &PgPool, partition: u16, end: u64, report: &mut Report) -> Result<(), LogError> {
    let walked = anchor::walk(pool, partition, end).await?;
    if let Some(position) = walked.missing {
        let fault = Fault::PositionMissing;
        report.add(Finding { partition, position: Some(position), organization: None, sequence: None, fault });
    }
    report.anchor.partitions.push(walked.end);
    Ok(())
}

impl Report {
    /// Whether nothing was found.
    #[must_use]
    pub fn is_clean(&self) -> bool {
        self.findings.is_empty()
    }

    fn add(&mut self, finding: Finding) {
        if self.findings.len() < FINDINGS_MAX {
            self.findings.push(finding);
        }
    }
}

/// A walk through the streams of a partition.
struct Walk<'a> {
    pool: &'a PgPool,
    partition: u16,
    end: u64,
    upcasters: &'a Upcasters,
    report: &'a mut Report,
    stream: Option<Stream>,
}

/// The partition leads the comparison too, so that the walk keeps to the primary key and off other partitions' rows.
const SELECT_PAGE: &str = concat!(
    "SELECT ",
    event_columns!(),
    " FROM store.events e
      WHERE e.partition = $1 AND (e.partition, e.aggregate_type, e.aggregate_id, e.sequence) > ($1, $2, $3, $4)
      ORDER BY e.partition, e.aggregate_type, e.aggregate_id, e.sequence LIMIT $5"
);

const SELECT_SNAPSHOTS: &str = "
    SELECT s.aggregate_id, s.sequence FROM store.snapshots s
    WHERE s.partition = $1 AND s.aggregate_id BETWEEN $2 AND $3 AND s.version = $4
    UNION
    SELECT s.aggregate_id, s.sequence FROM store.daily_snapshots s
    WHERE s.partition = $1 AND s.aggregate_id BETWEEN $2 AND $3 AND s.version = $4";

const SELECT_PAYLOADS: &str = "
    SELECT s.chain_hash, s.payload FROM store.snapshots s
    WHERE s.partition = $1 AND s.aggregate_id = $2 AND s.sequence = $3 AND s.version = $4
    UNION ALL
    SELECT s.chain_hash, s.payload FROM store.daily_snapshots s
    WHERE s.partition = $1 AND s.aggregate_id = $2 AND s.sequence = $3 AND s.version = $4";

impl Walk<'_> {
    async fn run(&mut self, progress: &mut (impl FnMut(u64) + Send)) -> Result<(), LogError> {
        let end = self.end;
        let mut after = (String::new(), String::new(), 0);
        loop {
            let page = self.page(&after).await?;
            let (Some(first), Some(last)) = (page.first(), page.last()) else {
                self.end_stream();
                return Ok(());
            };
            let snapshots = self.snapshots(&first.aggregate_id, &last.aggregate_id).await?;
            // A stream's positions grow: behind a row that was appended since, nothing of the stream is older.
            let sequence = if last.position > end { u64::MAX } else { last.sequence };
            after = (last.aggregate_type.clone(), last.aggregate_id.clone(), sequence);
            for row in page.iter().filter(|row| row.position <= end) {
                self.row(row);
                if snapshots.contains(&(row.aggregate_id.clone(), row.sequence)) {
                    self.compare_snapshots().await?;
                }
            }
            progress(self.report.events);
        }
    }

    async fn page(&self, (kind, organization, sequence): &(String, String, u64)) -> Result<Vec<Row>, LogError> {
        sqlx::query_as(SELECT_PAGE)
            .bind(i32::from(self.partition))
            .bind(kind)
            .bind(organization)
            .bind(i64::try_from(*sequence).unwrap_or(i64::MAX))
            .bind(PAGE)
            .fetch_all(self.pool)
            .await
            .map_err(of_read)
    }

    /// The snapshots of a range of organizations; one of another version is ignored by every load.
    async fn snapshots(&self, from: &str, to: &str) -> Result<HashSet<(String, u64)>, LogError> {
        let rows: Vec<(String, i64)> = sqlx::query_as(SELECT_SNAPSHOTS)
            .bind(i32::from(self.partition))
            .bind(from)
            .bind(to)
            .bind(SNAPSHOT_VERSION)
            .fetch_all(self.pool)
            .await
            .map_err(of_read)?;
        Ok(rows.into_iter().map(|(organization, sequence)| (organization, sequence.unsigned_abs())).collect())
    }

    fn row(&mut self, row: &Row) {
        self.report.events += 1;
        if !self.stream.as_ref().is_some_and(|stream| stream.has(row)) {
            self.end_stream();
            self.report.streams += 1;
            self.stream = Some(Stream::of(row));
        }
        let partitions = self.report.partitions;
        let Some(stream) = self.stream.as_mut().filter(|stream| !stream.broken) else { return };
        if let Err(fault) = stream.follow(row, partitions, self.upcasters) {
            stream.broken = true;
            self.report.add(Finding {
                partition: row.partition,
                position: Some(row.position),
                organization: Some(row.aggregate_id.clone()),
                sequence: Some(row.sequence),
                fault,
            });
        }
    }

    /// A stream may not end inside a command.
    fn end_stream(&mut self) {
        if let Some(stream) = self.stream.take().filter(|stream| !stream.broken && stream.is_inside_command()) {
            self.report.add(finding(self.partition, &stream, Fault::CommandBroken));
        }
    }

    async fn compare_snapshots(&mut self) -> Result<(), LogError> {
        let Some(stream) = self.stream.as_ref().filter(|stream| !stream.broken) else { return Ok(()) };
        let kept: Vec<(Vec<u8>, String)> = sqlx::query_as(SELECT_PAYLOADS)
            .bind(i32::from(self.partition))
            .bind(&stream.organization)
            .bind(i64::try_from(stream.sequence).unwrap_or(i64::MAX))
            .bind(SNAPSHOT_VERSION)
            .fetch_all(self.pool)
            .await
            .map_err(of_read)?;
        for (chain_hash, payload) in kept {
            self.report.snapshots += 1;
            let state = snapshot::decode(&payload);
            if chain_hash != stream.chain_hash || state.as_ref() != Some(&stream.state) {
                self.report.add(finding(self.partition, stream, Fault::SnapshotDiffers));
            }
        }
        Ok(())
    }
}

fn finding(partition: u16, stream: &Stream, fault: Fault) -> Finding {
    Finding {
        partition,
        position: Some(stream.position),
        organization: Some(stream.organization.clone()),
        sequence: Some(stream.sequence),
        fault,
    }
}

async fn find_orphans(pool: &PgPool, partition: u16, report: &mut Report) -> Result<(), LogError> {
    let orphans: Vec<(String, i64)> = sqlx::query_as(
        "SELECT s.aggregate_id, s.sequence
         FROM (SELECT l.partition, l.aggregate_id, l.sequence FROM store.snapshots l
               UNION SELECT d.partition, d.aggregate_id, d.sequence FROM store.daily_snapshots d) s
         WHERE s.partition = $1 AND NOT EXISTS (
             SELECT FROM store.events e
             WHERE e.partition = s.partition AND e.aggregate_type = $2 AND e.aggregate_id = s.aggregate_id
               AND e.sequence = s.sequence)
         ORDER BY s.aggregate_id LIMIT 100",
    )
    .bind(i32::from(partition))
    .bind(AGGREGATE_TYPE)
    .fetch_all(pool)
    .await
    .map_err(of_read)?;
    for (organization, sequence) in orphans {
        report.add(Finding {
            partition,
            position: None,
            organization: Some(organization),
            sequence: Some(sequence.unsigned_abs()),
            fault: Fault::SnapshotWithoutEvent,
        });
    }
    Ok(())
}
