//! (i), (j) A database with very many events: how fast its read models are made anew, and how fast they are read.
//!
//! Invariant: every event was written by the ledger or is a copy of one that was, with a place of its own in its stream.
//! The copies' hashes are the originals': nothing here verifies the chain.

use std::fmt::Write as _;
use std::time::Duration;

use anyhow::{Context as _, ensure};
use serde::Serialize;
use sqlx::{Connection as _, PgConnection};
use tokio::process::Command;
use tokio::time::Instant;

use crate::growth::seed;
use crate::load::{self, Kind, Order, Pace, Plan, Work};
use crate::progress::Progress;
use crate::report::rounded;
use crate::side::{Side, Stage};

/// Their letters; one is not measured without the other.
pub(crate) const ROWS: [char; 2] = ['i', 'j'];

const EVENTS: [u64; 2] = [1_000_000, 10_000_000];
const EVENTS_QUICK: [u64; 1] = [100_000];

/// Events that the ledger writes itself; the others are copies of them.
const WRITTEN: u64 = 100_000;

const ORGANIZATIONS: u64 = 1_000;
const PREFIX: &str = "large";

/// Commands a request, and requests at once, while they are written.
const BATCH: u32 = 500;
const WRITERS: u32 = 8;

/// The rate.
const QUERIES_PER_SECOND: u64 = 1_000;
const QUERY_CONNECTIONS: u32 = 64;

/// Generous: they take seconds.
const TIME_MAX: Duration = Duration::from_secs(600);

/// The projectors, the one with a row an event first.
const PROJECTORS: [&str; 6] = ["transactions", "balances", "grants", "reservations", "purchases", "usage"];

/// One projector's tables made anew from the whole log.
#[derive(Clone, Debug, Serialize)]
pub struct Rebuilt {
    pub projector: &'static str,
    pub events: u64,
    pub seconds: f64,
    pub events_per_s: f64,
}

/// Queries at a fixed rate.
#[derive(Clone, Debug, Serialize)]
pub struct Queried {
    pub title: &'static str,
    pub side: Side,
    pub events: u64,
    pub queries_per_s: f64,
    pub p50_ms: f64,
    pub p99_ms: f64,
    pub max_ms: f64,
}

/// All of it.
#[derive(Clone, Debug, Serialize)]
pub struct Large {
    pub rebuilds: Vec<Rebuilt>,
    pub queries: Vec<Queried>,
}

impl Large {
    pub(crate) fn describe(&self, text: &mut String) -> std::fmt::Result {
        writeln!(text, "\n(i) Read models made anew from the whole log, beside the live ones.\n")?;
        writeln!(text, "| projector | events | seconds | events/s |\n|---|---:|---:|---:|")?;
        for Rebuilt { projector, events, seconds, events_per_s } in &self.rebuilds {
            writeln!(text, "| {projector} | {events} | {seconds:.1} | {events_per_s:.0} |")?;
        }
        writeln!(text, "\n(j) Queries at a fixed rate over {ORGANIZATIONS} organizations.\n")?;
        writeln!(text, "| query | side | events | queries/s | p50 ms | p99 ms | max ms |")?;
        writeln!(text, "|---|---|---:|---:|---:|---:|---:|")?;
        for Queried { title, side, events, queries_per_s, p50_ms, p99_ms, max_ms } in &self.queries {
            let side = side.name();
            writeln!(
                text,
                "| {title} | {side} | {events} | {queries_per_s:.0} | {p50_ms:.2} | {p99_ms:.2} | {max_ms:.2} |"
            )?;
        }
        Ok(())
    }
}

/// Makes the databases and measures them.
///
/// # Errors
/// A server fails, or answers something that it should not.
pub async fn measure(stage: &Stage, quick: bool, measured: Duration, progress: &Progress) -> anyhow::Result<Large> {
    let mut large = Large { rebuilds: Vec::new(), queries: Vec::new() };
    let lengths: &[u64] = if quick { &EVENTS_QUICK } else { &EVENTS };
    for &events in lengths {
        progress.say(&format!("(i) making {events} events"));
        make(stage, events).await?;
        for projector in PROJECTORS {
            progress.say(&format!("(i) rebuilding {projector} from {events} events"));
            large.rebuilds.push(rebuild(stage, projector).await?);
        }
        stage.databases.checkpoint().await?;
        progress.say(&format!("(j) queries on {events} events"));
        let title = "balance, then the first page of transactions";
        large.queries.push(query(stage, Side::Ours, title, Kind::Screen, events, measured).await?);
        large.queries.push(query(stage, Side::Ours, "balance", Kind::Balance, events, measured).await?);
    }
    // Stock's view is one row an organization whatever the number of events, so one size tells all.
    make_stock(stage).await?;
    large.queries.push(query(stage, Side::StockEvents, "balance", Kind::Balance, ORGANIZATIONS, measured).await?);
    Ok(large)
}

async fn make(stage: &Stage, events: u64) -> anyhow::Result<()> {
    let database = Side::Ours.database();
    stage.databases.recreate(database).await?;
    let server = stage.start(Side::Ours).await?;
    seed(&server.target, PREFIX, ORGANIZATIONS).await?;
    let plan = Plan {
        connections: WRITERS,
        pace: Pace::Closed,
        warm_up: Duration::ZERO,
        measured: TIME_MAX,
        requests_max: WRITTEN / u64::from(BATCH),
    };
    let written = load::run(&server.target, work(Kind::Batch(BATCH)), plan).await?;
    ensure!(written.commands == WRITTEN, "only {} of {WRITTEN} commands were done", written.commands);
    server.stop().await?;
    copy(&stage.databases.url(database), events / WRITTEN).await
}

/// Repeats each stream's consumptions behind its end until there are so many times as many. Their times go on where the
/// stream's ended, a microsecond each, because time never runs back in a stream: what is newest lies together.
async fn copy(url: &str, times: u64) -> anyhow::Result<()> {
    let mut connection = PgConnection::connect(url).await?;
    sqlx::query(
        "INSERT INTO store.events (
             partition, position, aggregate_type, aggregate_id, sequence, event_id, event_type, event_version,
             command_id, command_index, command_count, entity_id, occurred_at, recorded_at, idempotency_key,
             request_hash, payload, metadata, chain_hash)
         SELECT e.partition,
                e.ends_at + row_number() OVER (PARTITION BY e.partition ORDER BY e.copy, e.position),
                e.aggregate_type, e.aggregate_id,
                e.length + e.behind,
                gen_random_uuid(), e.event_type, e.event_version, gen_random_uuid(), e.command_index, e.command_count,
                gen_random_uuid(), e.ended_at + e.behind * interval '1 microsecond',
                e.ended_at + e.behind * interval '1 microsecond', e.idempotency_key || '-' || e.copy, e.request_hash,
                e.payload, e.metadata, e.chain_hash
         FROM (
             SELECT e.*, row_number() OVER (PARTITION BY e.partition, e.aggregate_id ORDER BY e.copy, e.position) AS behind
             FROM (
                 SELECT e.*, c.copy, max(e.position) OVER (PARTITION BY e.partition) AS ends_at,
                        max(e.sequence) OVER (PARTITION BY e.partition, e.aggregate_id) AS length,
                        max(e.recorded_at) OVER (PARTITION BY e.partition, e.aggregate_id) AS ended_at
                 FROM store.events e CROSS JOIN generate_series(1, $1) AS c (copy)
             ) e
             WHERE e.event_type = 'CreditsConsumed'
         ) e",
    )
    .bind(i64::try_from(times - 1)?)
    .execute(&mut connection)
    .await?;
    sqlx::raw_sql("VACUUM ANALYZE store.events").execute(&mut connection).await?;
    Ok(connection.close().await?)
}

async fn rebuild(stage: &Stage, projector: &'static str) -> anyhow::Result<Rebuilt> {
    #[derive(serde::Deserialize)]
    struct Answer {
        events: u64,
    }
    let started = Instant::now();
    let mut command = Command::new(&stage.ledger);
    command.args(["rebuild", projector, "--json"]).env("DATABASE_URL", stage.databases.url(Side::Ours.database()));
    let output = command.output().await?;
    let seconds = started.elapsed().as_secs_f64();
    ensure!(output.status.success(), "rebuild {projector}: {}", String::from_utf8_lossy(&output.stderr));
    let Answer { events } = serde_json::from_slice(&output.stdout).context("rebuild --json says how many events")?;
    let events_per_s = rounded(events as f64 / seconds);
    Ok(Rebuilt { projector, events, seconds: rounded(seconds), events_per_s })
}

async fn make_stock(stage: &Stage) -> anyhow::Result<()> {
    let server = stage.start(Side::StockEvents).await?;
    seed(&server.target, PREFIX, ORGANIZATIONS).await?;
    server.stop().await
}

async fn query(
    stage: &Stage,
    side: Side,
    title: &'static str,
    kind: Kind,
    events: u64,
    measured: Duration,
) -> anyhow::Result<Queried> {
    /// Connections and plans are warm by then.
    const WARM_UP: Duration = Duration::from_secs(2);
    let server = stage.start(side).await?;
    let plan = Plan {
        connections: QUERY_CONNECTIONS,
        pace: Pace::Fixed { requests_per_second: QUERIES_PER_SECOND },
        warm_up: WARM_UP,
        measured,
        requests_max: u64::MAX,
    };
    let answers = load::run(&server.target, work(kind), plan).await?;
    server.stop().await?;
    let asked: u64 = answers.statuses.values().sum();
    ensure!(answers.commands == asked, "not every query was answered: {:?}", answers.statuses);
    Ok(Queried {
        title,
        side,
        events,
        queries_per_s: rounded(answers.commands_per_second()),
        p50_ms: answers.quantile_ms(0.5),
        p99_ms: answers.quantile_ms(0.99),
        max_ms: answers.quantile_ms(1.0),
    })
}

fn work(kind: Kind) -> Work {
    Work { kind, prefix: PREFIX.to_owned(), organizations: ORGANIZATIONS, order: Order::Scattered }
}
