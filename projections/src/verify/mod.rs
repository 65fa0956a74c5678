//! Whether the read tables are what the log says: every row is computed anew into temporary tables and compared both
//! ways; and what is computed is compared with the states that the domain itself folds.
//!
//! Invariant: bounded memory, whatever the size of the log; it may run beside projectors that work.
//! Invariant: no snapshot of the database outlives the comparison of a few hundred organizations (CORRECTNESS C26).
//! Invariant: writes nothing but temporary tables.

mod compare;
mod finding;
pub mod oracle;
mod recompute;
mod second_opinion;

use std::sync::Arc;

use sqlx::postgres::PgConnectOptions;
use sqlx::{ConnectOptions, Connection, PgConnection};
use store::log::LogError;
use store::postgres::{PostgresLog, session_options};

use crate::projector::Projector;
use recompute::Copies;

pub use finding::{Fault, Finding};

/// What was verified, and what was found.
#[derive(Clone, Debug, Default)]
pub struct Report {
    pub partitions: u16,
    /// Events up to the checkpoints.
    pub events: u64,
    /// Rows that were computed anew.
    pub rows: u64,
    /// The first difference of each table in each partition.
    pub findings: Vec<Finding>,
}

/// How far a verification is, in events.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Progress {
    pub events: u64,
    pub total: u64,
}

/// Why nothing can be said.
#[derive(Debug, thiserror::Error)]
pub enum VerifyError {
    #[error("the database does not answer")]
    Database(#[from] sqlx::Error),
    #[error("the log cannot be read")]
    Log(#[from] LogError),
}

/// Verifies the live tables of the projectors, which are all that there are; `progress` is told after every page of events.
///
/// # Errors
/// [`VerifyError`] where the database or the log cannot be read. Tables that are read and found wrong are a [`Report`].
pub async fn verify(
    options: PgConnectOptions,
    projectors: Vec<Arc<dyn Projector>>,
    mut progress: impl FnMut(Progress) + Send,
) -> Result<Report, VerifyError> {
    let mut connection = connect(&options).await?;
    let log = PostgresLog::connect(options, 1).await?;
    let ends: Vec<(i16, i64)> = sqlx::query_as(
        "SELECT h.partition, coalesce(max(c.position), 0)
         FROM store.heads h LEFT JOIN ledger.checkpoints c ON c.partition = h.partition AND c.live
         GROUP BY h.partition ORDER BY h.partition",
    )
    .fetch_all(&mut connection)
    .await?;
    let total = ends.iter().map(|(_, end)| end.unsigned_abs()).sum();
    let mut report = Report::default();
    for (partition, end) in ends {
        let before = report.events;
        let mut told = |events: u64| progress(Progress { events: before + events, total });
        let partition = partition.unsigned_abs();
        verify_partition(&mut connection, &log, &projectors, partition, &mut report, &mut told).await?;
        report.partitions += 1;
        report.events = before + end.unsigned_abs();
    }
    connection.close().await?;
    Ok(report)
}

async fn verify_partition(
    connection: &mut PgConnection,
    log: &PostgresLog,
    projectors: &[Arc<dyn Projector>],
    partition: u16,
    report: &mut Report,
    told: &mut (impl FnMut(u64) + Send),
) -> Result<(), VerifyError> {
    let mut copies = Copies::make(connection, projectors, partition).await?;
    report.findings.extend(copies.unregistered());
    copies.fill(connection, told).await?;
    report.findings.extend(second_opinion::ask(connection, log, &copies).await?);
    report.rows += copies.count(connection).await?;
    report.findings.extend(compare::compare(connection, &mut copies).await?);
    report.findings.extend(copies.into_findings());
    Ok(())
}

/// A session of its own: it makes tables, and its statements take as long as they take.
async fn connect(options: &PgConnectOptions) -> Result<PgConnection, sqlx::Error> {
    let options = session_options(options.clone());
    options.options([("statement_timeout", "0"), ("jit", "off"), ("temp_buffers", "64MB")]).connect().await
}
