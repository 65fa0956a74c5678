//! (g) What one command costs at ten events and at a million: the ledger's cost must not grow with its streams.
//!
//! Invariant: the lengths take turns, command by command, so that whatever else the machine does meets them alike.

use std::time::Duration;

use anyhow::ensure;
use hdrhistogram::Histogram;
use serde::Serialize;
use tokio::time::Instant;

use crate::load::connection::Connection;
use crate::load::work::{GRANT_AMOUNT, consume_body};
use crate::load::{self, Kind, Measured, Order, Pace, Plan, Target, Work};
use crate::progress::Progress;
use crate::report::rounded;
use crate::side::{Running, Side, Stage};

const LENGTHS: [u64; 4] = [10, 1_000, 100_000, 1_000_000];
const LENGTHS_QUICK: [u64; 3] = [10, 1_000, 100_000];

/// Measured commands a length: a median of so many is steady within a few per cent.
const ROUNDS: u64 = 1_000;

/// Commands a length before those.
const ROUNDS_WARM_UP: u64 = 100;

/// Restarts of the server for the cold figures.
const RESTARTS: u64 = 5;

/// Commands of other organizations after a restart: connections and plans are warm, the streams are not.
const OTHER_ORGANIZATIONS: u64 = 50;

/// Commands a request while streams are made.
const BATCH: u32 = 500;

/// Requests at once while streams are made: a server bounds what one organization may have in flight to a few thousand.
const MAKERS: u32 = 3;

/// Generous: a million events take half a minute.
const TIME_MAX: Duration = Duration::from_secs(600);

const _: () = assert!(GRANT_AMOUNT > 10_000_000, "one grant pays for the longest stream");

#[derive(Clone, Debug, Serialize)]
pub struct Growth {
    pub events: u64,
    pub warm_p50_ms: f64,
    pub warm_p99_ms: f64,
    pub cold_median_ms: f64,
    pub cold_worst_ms: f64,
}

/// The organizations with streams of one length.
struct Streams {
    events: u64,
    work: Work,
    warm: Measured,
    cold: Measured,
}

impl Streams {
    fn new(events: u64, prefix: &str) -> Self {
        // While it is measured, a stream grows by a tenth at most.
        let organizations = (10 * (ROUNDS + ROUNDS_WARM_UP) / events).max(1);
        let prefix = format!("{prefix}-{events}");
        let work = Work { kind: Kind::Batch(BATCH), prefix, organizations, order: Order::Round };
        Self { events, work, warm: Measured::new(TIME_MAX), cold: Measured::new(TIME_MAX) }
    }

    /// One grant and `events` consumptions each.
    async fn make(&self, target: &Target) -> anyhow::Result<()> {
        seed(target, &self.work.prefix, self.work.organizations).await?;
        let consumptions = self.events * self.work.organizations;
        let plan = bounded(consumptions.div_ceil(u64::from(BATCH)), MAKERS);
        let measured = load::run(target, self.work.clone(), plan).await?;
        ensure!(measured.commands >= consumptions, "only {} of {consumptions} commands were done", measured.commands);
        Ok(())
    }

    fn growth(&self) -> Growth {
        let quantile =
            |latency: &Histogram<u64>, quantile| rounded(latency.value_at_quantile(quantile) as f64 / 1_000.0);
        Growth {
            events: self.events,
            warm_p50_ms: self.warm.quantile_ms(0.5),
            warm_p99_ms: quantile(&self.warm.latency, 0.99),
            cold_median_ms: quantile(&self.cold.latency, 0.5),
            cold_worst_ms: quantile(&self.cold.latency, 1.0),
        }
    }
}

const fn bounded(requests_max: u64, connections: u32) -> Plan {
    Plan { connections, pace: Pace::Closed, warm_up: Duration::ZERO, measured: TIME_MAX, requests_max }
}

/// Gives each organization its one grant.
///
/// # Errors
/// A grant is refused.
pub async fn seed(target: &Target, prefix: &str, organizations: u64) -> anyhow::Result<()> {
    let work = Work { kind: Kind::Grant, prefix: prefix.to_owned(), organizations, order: Order::Round };
    let connections = if organizations == 1 { 1 } else { 16 };
    let measured = load::run(target, work, bounded(organizations, connections)).await?;
    ensure!(
        measured.commands == organizations,
        "only {} of {organizations} grants: {:?}",
        measured.commands,
        measured.statuses
    );
    Ok(())
}

/// Makes the streams and measures them, warm and cold.
///
/// # Errors
/// The server fails, or refuses a command.
pub async fn measure(stage: &Stage, prefix: &str, quick: bool, progress: &Progress) -> anyhow::Result<Vec<Growth>> {
    let lengths: &[u64] = if quick { &LENGTHS_QUICK } else { &LENGTHS };
    let mut all: Vec<Streams> = lengths.iter().map(|&events| Streams::new(events, prefix)).collect();
    let server = stage.start(Side::Ours).await?;
    for streams in &all {
        progress.say(&format!("(g) {} events", streams.events));
        streams.make(&server.target).await?;
    }
    progress.say("(g) warm");
    stage.databases.checkpoint().await?;
    warm(&server, &mut all).await?;
    server.stop().await?;
    progress.say("(g) cold");
    for restart in 0..RESTARTS {
        cold(stage, &format!("{prefix}-other{restart}"), restart, &mut all).await?;
    }
    Ok(all.iter().map(Streams::growth).collect())
}

async fn warm(server: &Running, all: &mut [Streams]) -> anyhow::Result<()> {
    let mut connection = Connection::open(&server.target).await?;
    for round in 0..ROUNDS_WARM_UP + ROUNDS {
        for streams in all.iter_mut() {
            let latency =
                consume(&mut connection, &server.target, &streams.work, &format!("warm-{round}"), round).await?;
            if round >= ROUNDS_WARM_UP {
                streams.warm.record(201, 1, latency);
            }
        }
    }
    Ok(())
}

/// The first command to each stream in a new process.
async fn cold(stage: &Stage, other: &str, restart: u64, all: &mut [Streams]) -> anyhow::Result<()> {
    let server = stage.start(Side::Ours).await?;
    seed(&server.target, other, OTHER_ORGANIZATIONS).await?;
    let mut connection = Connection::open(&server.target).await?;
    for streams in all.iter_mut() {
        let key = format!("cold-{restart}");
        let latency = consume(&mut connection, &server.target, &streams.work, &key, restart).await?;
        streams.cold.record(201, 1, latency);
    }
    server.stop().await
}

async fn consume(
    connection: &mut Connection,
    target: &Target,
    work: &Work,
    key: &str,
    number: u64,
) -> anyhow::Result<Duration> {
    let path = format!("/v1/organizations/{}/consumptions", work.organization(number));
    let call = target.post(&path, Some(key), consume_body())?;
    let start = Instant::now();
    let reply = connection.send(call).await?;
    let latency = start.elapsed();
    ensure!(reply.status == 201, "{path} was answered {}", reply.status);
    Ok(latency)
}
