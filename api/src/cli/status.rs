//! `credit-ledger status`.

use clap::Args;
use projections::status::{self, ProjectorStatus, Status as Found};
use serde_json::{Value, json};

use super::output::say;
use super::{DatabaseArgs, Failure, Purpose};
use crate::clock::SystemClock;
use store::Clock;

/// Shows how long the log is, how far each projector is behind it, and what they occupy.
///
/// Ends with 1 when a projector has stopped.
#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  credit-ledger status\n  credit-ledger status --json | jq .projectors")]
pub struct Status {
    /// Print the result as JSON.
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    database: DatabaseArgs,
}

impl Status {
    pub async fn run(self) -> Result<(), Failure> {
        let database = self.database.open(Purpose::Read).await?;
        let found = status::status(database.pool(), SystemClock::new().now()).await;
        database.close().await;
        let what = "the read tables cannot be asked (a fresh database needs `credit-ledger migrate`)";
        let found = found.map_err(|error| Failure::caused(what, &error))?;
        if self.json {
            say(as_json(&found))
        } else {
            print(&found)
        }
        match found.projectors.iter().map(|projector| projector.stops.len()).sum::<usize>() {
            0 => Ok(()),
            stops => Err(Failure::finding(format!("projectors have stopped at {stops} places"))),
        }
    }
}

fn print(found: &Found) {
    let (events, megabytes) = (found.events, found.log_bytes / BYTES_OF_A_MEGABYTE);
    say(format_args!("log: {events} events in {} partitions, {megabytes} MB", found.ends.len()));
    for projector in &found.projectors {
        let ProjectorStatus { name, generation, lag_events, lag_ms, bytes, is_live, .. } = projector;
        let what = if *is_live { "" } else { " (being rebuilt)" };
        let megabytes = bytes / BYTES_OF_A_MEGABYTE;
        say(format_args!(
            "{name:16} generation {generation}{what}: {lag_events} events and {lag_ms} ms behind, {megabytes} MB"
        ));
        for stop in &projector.stops {
            let (partition, position) = (stop.partition, stop.position);
            let retry = stop.retry_at.map_or("only a rebuild helps".to_owned(), |at| format!("tried again at {at}"));
            say(format_args!("  STOPPED at position {position} of partition {partition}: {} ({retry})", stop.reason));
        }
    }
}

/// Sizes are shown in these.
const BYTES_OF_A_MEGABYTE: u64 = 1024 * 1024;

fn as_json(found: &Found) -> Value {
    let stop = |stop: &status::StopStatus| {
        json!({"partition": stop.partition, "position": stop.position, "reason": stop.reason,
               "retry_at": stop.retry_at})
    };
    let projector = |projector: &ProjectorStatus| {
        json!({"projector": projector.name, "generation": projector.generation, "version": projector.version,
               "live": projector.is_live, "positions": projector.positions, "lag_events": projector.lag_events,
               "lag_ms": projector.lag_ms, "bytes": projector.bytes,
               "stopped": projector.stops.iter().map(stop).collect::<Vec<_>>()})
    };
    json!({"events": found.events, "bytes": found.log_bytes, "ends": found.ends,
           "projectors": found.projectors.iter().map(projector).collect::<Vec<_>>()})
}
