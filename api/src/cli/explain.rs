//! `credit-ledger explain`.

use clap::Args;
use domain::{
    Event, Fact, OrganizationId, Scale, events::CreditsConsumed, events::ReservationConfirmed, grant::Allocation,
};
use serde_json::json;
use store::RecordedEvent;
use store::log::{Log, LogError};
use store::postgres::owner_of;
use uuid::Uuid;

use super::output::say;
use super::price_book::scale;
use super::{Database, DatabaseArgs, Failure, Purpose};
use crate::answers::ConsumptionReceipt;

/// No stream is longer.
const LAST_SEQUENCE: u64 = i64::MAX.cast_unsigned();

/// Says why a consumption cost what it did, rate by rate, and which grants paid for it.
#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  credit-ledger explain 0198c1f8-0000-8000-8000-000000000000\n  \
    credit-ledger explain 0198c1f8-0000-8000-8000-000000000000 --organization acme --json")]
pub struct Explain {
    /// The consumption's id, or that of the reservation that was confirmed.
    consumption: Uuid,
    /// Whose it is; without it all organizations are searched, which takes longer.
    #[arg(long, value_name = "ORG")]
    organization: Option<String>,
    /// Print the receipt as JSON, as the API answers it.
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    database: DatabaseArgs,
}

impl Explain {
    pub async fn run(self) -> Result<(), Failure> {
        let database = self.database.open(Purpose::Read).await?;
        let result = tokio::try_join!(self.events(&database), scale(database.pool()));
        database.close().await;
        let (events, scale) = result?;
        let none = || Failure::finding(format!("there is no consumption {}", self.consumption));
        let receipt = ConsumptionReceipt::of(&events).ok_or_else(none)?;
        if self.json {
            say(serde_json::to_string(&json!(receipt)).expect("plain JSON"));
            return Ok(());
        }
        let spent = events.iter().find(|recorded| spent(&recorded.event).is_some()).ok_or_else(none)?;
        say(explanation(spent, &spent.event, receipt.refunded, scale));
        Ok(())
    }

    async fn events(&self, database: &Database) -> Result<Vec<RecordedEvent>, Failure> {
        let organization = match &self.organization {
            Some(given) => given.clone(),
            None => match owner_of(database.pool(), self.consumption).await.map_err(unreadable)? {
                Some(owner) => owner,
                None => return Ok(Vec::new()),
            },
        };
        let organization = OrganizationId::try_new(&organization).map_err(Failure::usage)?;
        let log = database.log().await?;
        log.entity(&organization, self.consumption, LAST_SEQUENCE).await.map_err(unreadable)
    }
}

fn unreadable(error: LogError) -> Failure {
    Failure::caused("the log cannot be read", &error)
}

/// What was spent, on what, and how it was priced.
struct Spent<'a> {
    amount: domain::Credits,
    overdraft: domain::Credits,
    allocations: &'a [Allocation],
    operation: Option<&'a str>,
    receipt: Option<&'a domain::price::Receipt>,
}

fn spent(event: &Event) -> Option<Spent<'_>> {
    match &event.fact {
        Fact::CreditsConsumed(CreditsConsumed { amount, allocations, overdraft, usage, receipt, .. })
        | Fact::ReservationConfirmed(ReservationConfirmed { amount, allocations, overdraft, usage, receipt, .. }) => {
            Some(Spent {
                amount: *amount,
                overdraft: *overdraft,
                allocations,
                operation: usage.operation(),
                receipt: receipt.as_deref(),
            })
        }
        _ => None,
    }
}

fn explanation(recorded: &RecordedEvent, event: &Event, refunded: i64, scale: Scale) -> String {
    let Some(spent) = spent(event) else { return String::new() };
    let mut lines = vec![format!(
        "{} credits of {} for {}, on {} (event {})",
        scale.shown(spent.amount.get()),
        recorded.organization,
        spent.operation.unwrap_or("no operation"),
        event.occurred_at.to_rfc3339(),
        recorded.sequence
    )];
    match spent.receipt {
        Some(receipt) => lines.push(receipt.shown(scale).to_string()),
        None => lines.push("the caller gave the amount".to_owned()),
    }
    lines.push("paid by".to_owned());
    for Allocation { grant_id, amount, .. } in spent.allocations {
        lines.push(format!("  grant {}: {}", grant_id.entity(), scale.shown(amount.get())));
    }
    if spent.overdraft.is_positive() {
        lines.push(format!("  below zero: {}", scale.shown(spent.overdraft.get())));
    }
    if refunded > 0 {
        lines.push(format!("given back since: {}", scale.shown(refunded)));
    }
    lines.join("\n")
}
