//! `credit-ledger events`.

use std::io::Write;

use clap::Args;
use domain::OrganizationId;
use store::log::Log;

use super::{DatabaseArgs, Failure, Purpose};
use crate::limits::EVENTS_PAGE_MAX;

/// Prints an organization's events, one JSON object a line, with CloudEvents attributes.
#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  credit-ledger events acme\n  \
    credit-ledger events acme --after 100 | jq 'select(.type == \"CreditsConsumed\") | .data.amount'")]
pub struct Events {
    /// The organization.
    #[arg(value_name = "ORG")]
    organization: String,
    /// Only events after this sequence.
    #[arg(long, value_name = "SEQUENCE", default_value_t = 0)]
    after: u64,
    /// For uniformity: the output is JSON in any case.
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    database: DatabaseArgs,
}

impl Events {
    pub async fn run(self) -> Result<(), Failure> {
        let organization =
            OrganizationId::try_new(&self.organization).map_err(|error| Failure::usage(format!("ORG: {error}")))?;
        let database = self.database.open(Purpose::Use).await?;
        let log = database.log().await?;
        let mut after = self.after;
        let mut out = std::io::stdout().lock();
        loop {
            let page = log.stream(&organization, after, EVENTS_PAGE_MAX).await;
            let page = page.map_err(|error| Failure::caused("the log cannot be read", &error))?;
            let Some(last) = page.last() else { break };
            after = last.sequence;
            // A reader that has seen enough closes the pipe; that is no failure.
            if out.write_all(&crate::routes::ndjson(&page)).is_err() {
                break;
            }
        }
        database.close().await;
        match after {
            0 => Err(Failure::finding(format!("there is no organization {organization}"))),
            _ => Ok(()),
        }
    }
}
