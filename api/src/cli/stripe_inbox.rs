//! `credit-ledger stripe inbox`: what Stripe told, and what came of it.

use clap::{Args, Subcommand, ValueEnum};
use payments::gateway::EventId;
use payments::inbox::{Entry, EntryStatus, Inbox as Rows};
use serde_json::{Value, json};
use store::Clock;

use super::output::say;
use super::{DatabaseArgs, Failure, Purpose};
use crate::clock::SystemClock;

/// Lists, shows and retries the events that Stripe told.
#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  credit-ledger stripe inbox list\n  \
    credit-ledger stripe inbox list --status all --limit 100 --json\n  \
    credit-ledger stripe inbox show evt_1NG8Du2eZvKYlo2CUI79vXWy\n  \
    credit-ledger stripe inbox retry evt_1NG8Du2eZvKYlo2CUI79vXWy")]
pub struct Inbox {
    #[command(subcommand)]
    action: Action,
    /// Print as JSON, an event a line.
    #[arg(long, global = true)]
    json: bool,
}

#[derive(Debug, Subcommand)]
enum Action {
    /// List events, newest first.
    List {
        /// Which ones.
        #[arg(long, value_enum, default_value_t = Wanted::Parked)]
        status: Wanted,
        /// How many at most.
        #[arg(long, default_value_t = 50, value_parser = clap::value_parser!(u32).range(1..=10_000))]
        limit: u32,
    },
    /// Show an event, with its body as it came.
    Show {
        /// Such as evt_1NG8Du2eZvKYlo2CUI79vXWy.
        id: String,
    },
    /// Have events worked at again, by a server that runs.
    Retry {
        /// As `list` shows them.
        #[arg(required = true)]
        ids: Vec<String>,
    },
}

/// Which events.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Wanted {
    /// A person has to look.
    Parked,
    /// Not worked at yet, or to be tried again.
    Pending,
    Done,
    /// Not about this ledger.
    Ignored,
    All,
}

impl Wanted {
    const fn status(self) -> Option<EntryStatus> {
        match self {
            Self::Parked => Some(EntryStatus::Parked),
            Self::Pending => Some(EntryStatus::Pending),
            Self::Done => Some(EntryStatus::Done),
            Self::Ignored => Some(EntryStatus::Ignored),
            Self::All => None,
        }
    }
}

impl Inbox {
    pub async fn run(self, database: &DatabaseArgs) -> Result<(), Failure> {
        let database = database.open(Purpose::Use).await?;
        let result = self.action.run(&Rows::new(database.pool().clone()), self.json).await;
        database.close().await;
        result
    }
}

impl Action {
    async fn run(self, inbox: &Rows, json: bool) -> Result<(), Failure> {
        let unreadable = |error| Failure::caused("the inbox cannot be read", &error);
        match self {
            Self::List { status, limit } => {
                for entry in inbox.list(status.status(), limit).await.map_err(unreadable)? {
                    if json { say(object(&entry)) } else { say(line(&entry)) }
                }
            }
            Self::Show { id } => {
                let found = inbox.show(&EventId::new(&id)).await.map_err(unreadable)?;
                let (entry, payload) = found.ok_or_else(|| no_event(&id))?;
                if json {
                    let mut object = object(&entry);
                    // What was signed is JSON: it was read before it was kept.
                    object["payload"] = serde_json::from_str(&payload).unwrap_or(Value::String(payload));
                    say(object);
                } else {
                    say(line(&entry));
                    say(payload);
                }
            }
            Self::Retry { ids } => {
                let now = SystemClock::new().now();
                for id in ids {
                    let event = EventId::new(&id);
                    if inbox.retry(&event, now).await.map_err(unreadable)? {
                        say(format_args!("{id} is worked at again"));
                    } else if inbox.show(&event).await.map_err(unreadable)?.is_some() {
                        say(format_args!("{id} is pending anyway"));
                    } else {
                        return Err(no_event(&id));
                    }
                }
            }
        }
        Ok(())
    }
}

fn no_event(id: &str) -> Failure {
    Failure::finding(format!("there is no event {id}; `credit-ledger stripe reconcile` finds what Stripe still lists"))
}

fn line(entry: &Entry) -> String {
    let Entry { event_id, kind, received_at, source, status, tries, .. } = entry;
    let note = entry.note.as_deref().unwrap_or_default();
    format!("{event_id}  {status}  {kind}  {}  {source}  {tries} tries  {note}", received_at.to_rfc3339())
}

fn object(entry: &Entry) -> Value {
    json!({
        "id": entry.event_id, "type": entry.kind, "livemode": entry.livemode, "created_at": entry.created_at,
        "source": entry.source, "received_at": entry.received_at, "status": entry.status, "tries": entry.tries,
        "next_at": entry.next_at, "note": entry.note,
    })
}
