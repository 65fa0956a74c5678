//! The whole run: every row, each with a process of its own, on one PostgreSQL.

use std::path::Path;

use anyhow::Context as _;

use crate::growth::{self, seed};
use crate::load::connection::Connection;
use crate::load::work::price_book;
use crate::load::{self, Kind, Order, Pace, Plan, Target, Work};
use crate::machine::Machine;
use crate::memory;
use crate::progress::Progress;
use crate::report::{Report, Row};
use crate::rows::{self, Size, Spec};
use crate::side::{Side, Stage};
use crate::{lag, large};

/// Measures everything.
///
/// # Errors
/// A server fails or cannot be reached.
pub async fn run(stage: &Stage, data: &Path, quick: bool) -> anyhow::Result<Report> {
    recreate_databases(stage).await?;
    let machine = Machine::describe_this(stage.databases.durable_version().await?, data)?;
    let size = Size::new(quick);
    let specs = rows::specs(quick);
    let progress = Progress::new(specs.len() as u64 + if quick { 2 } else { 3 });
    let rows = measure_all(stage, &specs, size, &progress).await?;
    let growth = growth::measure(stage, "g", quick, &progress).await?;
    progress.done("(g) done");
    let memory = if quick {
        None
    } else {
        progress.say("(h) memory");
        let memory = memory::measure(stage, "h").await?;
        progress.done("(h) done");
        Some(memory)
    };
    let large = large::measure(stage, quick, size.measured, &progress).await?;
    progress.done("(i), (j) done");
    progress.finish();
    Report::new(quick, machine, rows, growth, memory, large)
}

/// Measures and prints the rows with these letters, of all sides or of some.
///
/// # Errors
/// As [`run`]; no row has the letter; a row needs another that is not among them.
pub async fn only(stage: &Stage, quick: bool, letters: &[char], sides: &[Side]) -> anyhow::Result<()> {
    let (of_large, letters): (Vec<char>, Vec<char>) = letters.iter().partition(|letter| large::ROWS.contains(letter));
    let mut specs = rows::only(rows::specs(quick), &letters)?;
    specs.retain(|spec| sides.is_empty() || sides.contains(&spec.side));
    recreate_databases(stage).await?;
    let progress = Progress::new(specs.len() as u64);
    let size = Size::new(quick);
    let rows = measure_all(stage, &specs, size, &progress).await?;
    let mut text = String::new();
    if !of_large.is_empty() {
        large::measure(stage, quick, size.measured, &progress).await?.describe(&mut text)?;
    }
    progress.finish();
    for row in &rows {
        println!("{}", line(row));
    }
    print!("{text}");
    Ok(())
}

/// No organization or key of another run is there.
async fn recreate_databases(stage: &Stage) -> anyhow::Result<()> {
    for side in Side::ALL {
        stage.databases.recreate(side.database()).await?;
    }
    Ok(())
}

async fn measure_all(stage: &Stage, specs: &[Spec], size: Size, progress: &Progress) -> anyhow::Result<Vec<Row>> {
    let mut rows: Vec<Row> = Vec::new();
    for (number, spec) in specs.iter().enumerate() {
        let row = measure(stage, spec, size, &format!("row{number}"), &rows, progress).await?;
        progress.done(&line(&row));
        rows.push(row);
    }
    Ok(rows)
}

async fn measure(
    stage: &Stage,
    spec: &Spec,
    size: Size,
    prefix: &str,
    before: &[Row],
    progress: &Progress,
) -> anyhow::Result<Row> {
    progress.say(&format!("({}) {}, {}, {} connections", spec.row, spec.title, spec.side.name(), spec.connections));
    let pace = pace(spec, before)?;
    let server = stage.start(spec.side).await?;
    if matches!(spec.kind, Kind::Priced | Kind::Estimate) {
        publish(&server.target).await?;
    }
    seed(&server.target, prefix, spec.organizations).await?;
    stage.databases.checkpoint().await?;
    let work =
        Work { kind: spec.kind, prefix: prefix.to_owned(), organizations: spec.organizations, order: Order::Scattered };
    let plan = Plan {
        connections: spec.connections,
        pace,
        warm_up: size.warm_up,
        measured: size.measured,
        requests_max: u64::MAX,
    };
    let load = load::run(&server.target, work, plan);
    let (measured, lag) = match spec.side {
        Side::Ours => {
            let (measured, lag) = lag::during(&stage.databases.url(spec.side.database()), load).await?;
            (measured, Some(lag))
        }
        Side::StockEvents | Side::StockSnapshots => (load.await?, None),
    };
    server.stop().await?;
    let offered = match pace {
        Pace::Closed => None,
        Pace::Fixed { requests_per_second } => Some(requests_per_second),
    };
    Ok(Row::new(spec, offered, &measured, lag))
}

/// The price book of the priced rows; a second time it changes nothing.
async fn publish(target: &Target) -> anyhow::Result<()> {
    let request = target.put("/v1/price-book", price_book())?;
    let reply = Connection::open(target).await?.send(request).await?;
    anyhow::ensure!(reply.status == 200, "the price book is refused: {}", reply.status);
    Ok(())
}

/// Half of what the side did at its most in row (a), or as fast as it can.
fn pace(spec: &Spec, before: &[Row]) -> anyhow::Result<Pace> {
    if let Some(requests_per_second) = spec.requests_per_second {
        return Ok(Pace::Fixed { requests_per_second });
    }
    if !spec.half_load {
        return Ok(Pace::Closed);
    }
    let same = before.iter().filter(|row| row.row == 'a' && row.side == spec.side);
    let most = same.map(|row| row.commands_per_s).reduce(f64::max).context("row (f) comes after row (a)")?;
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a rate is a small positive number")]
    let requests_per_second = (most / 2.0) as u64;
    Ok(Pace::Fixed { requests_per_second })
}

fn line(row: &Row) -> String {
    format!(
        "({}) {:<48} {:<22} {:>4} connections {:>9.0} commands/s  p50 {:>8.2} ms  p99 {:>8.2} ms  {:?}",
        row.row,
        row.title,
        row.side.name(),
        row.connections,
        row.commands_per_s,
        row.p50_ms,
        row.p99_ms,
        row.statuses
    )
}
