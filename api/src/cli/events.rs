//! `credit-ledger events`.

use std::io::Write;

use clap::Args;
use domain::OrganizationId;
use store::log::Log;

use super::{DatabaseArgs, Failure, Purpose};
use crate::feed::{Cursor, Filter, LogReader, Place, ndjson};
use crate::limits::EVENTS_PAGE_MAX;

/// Prints the events of an organization or of all, one JSON object a line, with CloudEvents attributes.
#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  credit-ledger events acme\n  \
    credit-ledger events acme --after 100 | jq 'select(.type == \"CreditsConsumed\") | .data.amount'\n  \
    credit-ledger events --all > ledger.ndjson")]
pub struct Events {
    /// The organization.
    #[arg(value_name = "ORG", required_unless_present = "all")]
    organization: Option<String>,
    /// The events of all organizations, partition by partition. The last line on stderr is the cursor behind them.
    #[arg(long, conflicts_with = "organization")]
    all: bool,
    /// Only events after this sequence, or with --all after this cursor.
    #[arg(long, value_name = "SEQUENCE|CURSOR")]
    after: Option<String>,
    /// For uniformity: the output is JSON in any case.
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    database: DatabaseArgs,
}

impl Events {
    pub async fn run(self) -> Result<(), Failure> {
        let database = self.database.open(Purpose::Read).await?;
        let log = database.log().await?;
        let ends = log.ends().await.map_err(unreadable)?;
        let place = self.place(&ends)?;
        let reader = print(&*log, LogReader { place, filter: Filter::default() }, &ends).await?;
        database.close().await;
        match reader.place {
            Place::Stream { organization, sequence: 0 } => {
                Err(Failure::finding(format!("there is no organization {organization}")))
            }
            Place::Stream { .. } => Ok(()),
            Place::Feed(cursor) => {
                eprintln!("{cursor}");
                Ok(())
            }
        }
    }

    fn place(&self, ends: &[u64]) -> Result<Place, Failure> {
        let Some(organization) = &self.organization else {
            let cursor = self.after.as_ref().map(|text| Cursor::try_read(text, ends.len())).transpose();
            let cursor = cursor.map_err(|error| Failure::usage(format!("--after: {error}")))?;
            return match cursor {
                Some(cursor) if cursor.is_ahead_of(ends) => {
                    Err(Failure::finding("--after: the cursor is past the end of this log"))
                }
                cursor => Ok(Place::Feed(cursor.unwrap_or(Cursor::start(ends.len())))),
            };
        };
        let organization =
            OrganizationId::try_new(organization).map_err(|error| Failure::usage(format!("ORG: {error}")))?;
        let sequence = self.after.as_ref().map_or(Ok(0), |text| text.parse());
        let sequence = sequence.map_err(|_| Failure::usage("--after: a sequence is a whole number"))?;
        Ok(Place::Stream { organization, sequence })
    }
}

/// Prints to the ends; the reader as it is then.
async fn print(log: &dyn Log, mut reader: LogReader, ends: &[u64]) -> Result<LogReader, Failure> {
    let mut out = std::io::stdout().lock();
    loop {
        let page = reader.page(log, ends, EVENTS_PAGE_MAX).await.map_err(unreadable)?;
        let lines = ndjson(&page);
        // A reader that has seen enough closes the pipe; that is no failure.
        let is_closed = out.write_all(&lines).is_err();
        reader.place = page.to;
        if is_closed || page.at_end {
            return Ok(reader);
        }
    }
}

fn unreadable(error: store::log::LogError) -> Failure {
    Failure::caused("the log cannot be read", &error)
}
