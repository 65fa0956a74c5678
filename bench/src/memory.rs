//! (h) What the server's memory grows to when very many organizations have been touched.

use std::fmt::Write as _;
use std::time::Duration;

use anyhow::ensure;
use serde::Serialize;

use crate::load::{self, Kind, Order, Pace, Plan, Work};
use crate::side::{Side, Stage};

/// The number.
const ORGANIZATIONS: u64 = 100_000;

/// Commands a request.
const BATCH: u32 = 1_000;

/// Generous: the batches take seconds.
const TIME_MAX: Duration = Duration::from_secs(300);

#[derive(Clone, Debug, Serialize)]
pub struct Memory {
    pub organizations: u64,
    pub resident_bytes_before: u64,
    pub resident_bytes_after: u64,
}

impl Memory {
    pub(crate) fn describe(&self, text: &mut String) -> std::fmt::Result {
        let (before, after) = (self.resident_bytes_before, self.resident_bytes_after);
        writeln!(
            text,
            "(h) Resident memory of the server: {} MiB at its start, {} MiB after a grant and a consumption in each of \
             {} organizations, {} bytes each.",
            before >> 20,
            after >> 20,
            self.organizations,
            after.saturating_sub(before) / self.organizations
        )
    }
}

/// Touches every organization twice, in a server of its own.
///
/// # Errors
/// The server fails, or refuses a command.
pub async fn measure(stage: &Stage, prefix: &str) -> anyhow::Result<Memory> {
    let server = stage.start(Side::Ours).await?;
    let resident_bytes_before = server.resident_bytes()?;
    for kind in [Kind::BatchGrant(BATCH), Kind::Batch(BATCH)] {
        let work = Work { kind, prefix: prefix.to_owned(), organizations: ORGANIZATIONS, order: Order::Round };
        let plan = Plan {
            connections: 4,
            pace: Pace::Closed,
            warm_up: Duration::ZERO,
            measured: TIME_MAX,
            requests_max: ORGANIZATIONS / u64::from(BATCH),
        };
        let measured = load::run(&server.target, work, plan).await?;
        ensure!(measured.commands == ORGANIZATIONS, "only {} commands were done", measured.commands);
    }
    let resident_bytes_after = server.resident_bytes()?;
    server.stop().await?;
    Ok(Memory { organizations: ORGANIZATIONS, resident_bytes_before, resident_bytes_after })
}
