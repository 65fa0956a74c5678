//! What events make of reservations.

use domain::Timestamp;
use domain::commands::OverPolicy;
use domain::events::{CreditsReserved, Fact, ReservationConfirmed};
use domain::ids::ReservationId;
use store::RecordedEvent;
use uuid::Uuid;

use crate::projectors::fold::{json, long, small};
use crate::projectors::rows::columns;

columns! {
    /// A row of `credit_reservations`.
    #[derive(Clone, Debug, PartialEq)]
    pub struct ReservationRow {
        partition: i16 = "smallint",
        organization_id: String = "text",
        reservation_id: Uuid = "uuid",
        sequence: i64 = "bigint",
        last_sequence: i64 = "bigint",
        amount: i64 = "bigint",
        overdraft_held: i64 = "bigint",
        confirmed_amount: Option<i64> = "bigint",
        shortfall: Option<i64> = "bigint",
        created_at: Timestamp = "timestamptz",
        expires_at: Timestamp = "timestamptz",
        ended_at: Option<Timestamp> = "timestamptz",
        status: &'static str = "text",
        over_policy: &'static str = "text",
        over_max_amount: Option<i64> = "bigint",
        operation: Option<String> = "text",
        subject: Option<String> = "text",
        description: Option<String> = "text",
        reference_type: Option<String> = "text",
        reference_id: Option<String> = "text",
        quantities: String = "jsonb",
        dimensions: String = "jsonb",
        actor: String = "text",
        metadata: String = "jsonb",
    }
}

columns! {
    /// How a reservation ended; what is NULL stays as it was.
    #[derive(Clone, Debug, PartialEq)]
    pub struct EndRow {
        partition: i16 = "smallint",
        organization_id: String = "text",
        reservation_id: Uuid = "uuid",
        last_sequence: i64 = "bigint",
        confirmed_amount: Option<i64> = "bigint",
        shortfall: Option<i64> = "bigint",
        ended_at: Timestamp = "timestamptz",
        status: &'static str = "text",
        quantities: Option<String> = "jsonb",
    }
}

/// What an event does to a reservation.
pub enum Change {
    Begins(Box<ReservationRow>),
    Ends(EndRow),
}

/// The change of an event, where it is about a reservation.
#[must_use]
pub fn change(recorded: &RecordedEvent) -> Option<Change> {
    match &recorded.event.fact {
        Fact::CreditsReserved(f) => Some(Change::Begins(Box::new(begun(recorded, f)))),
        Fact::ReservationConfirmed(f) => Some(confirmed(recorded, f)),
        Fact::ReservationCancelled(f) => Some(Change::Ends(end(recorded, f.reservation_id, "cancelled"))),
        Fact::ReservationExpired(f) => Some(Change::Ends(end(recorded, f.reservation_id, "expired"))),
        Fact::CreditsGranted(_)
        | Fact::GrantBecameEffective(_)
        | Fact::GrantExpired(_)
        | Fact::GrantVoided(_)
        | Fact::GrantRestored(_)
        | Fact::GrantMerged(_)
        | Fact::PurchaseStarted(_)
        | Fact::PurchaseCompleted(_)
        | Fact::PurchaseFailed(_)
        | Fact::PurchaseExpired(_)
        | Fact::PurchaseRevoked(_)
        | Fact::PurchaseReinstated(_)
        | Fact::CreditsConsumed(_)
        | Fact::ConsumptionRefunded(_)
        | Fact::DebtRepaid(_)
        | Fact::RepaymentReturned(_)
        | Fact::CreditsAdjustedUp(_)
        | Fact::CreditsAdjustedDown(_)
        | Fact::SettingsChanged(_)
        | Fact::LowBalanceReached(_)
        | Fact::LowBalanceCleared(_)
        | Fact::BalanceExhausted(_)
        | Fact::BalanceRecovered(_)
        | Fact::AutoRechargeConfigured(_)
        | Fact::RecurringGrantConfigured(_)
        | Fact::RecurringGrantSkipped(_)
        | Fact::RechargeRequested(_)
        | Fact::RechargeCompleted(_)
        | Fact::RechargeFailed(_)
        | Fact::RechargeSuspended(_)
        | Fact::RechargeResumed(_)
        | Fact::CommandNoted(_) => None,
    }
}

fn begun(recorded: &RecordedEvent, fact: &CreditsReserved) -> ReservationRow {
    let usage = &fact.usage;
    let text = |text: &str| text.to_owned();
    ReservationRow {
        partition: small(recorded.partition),
        organization_id: text(recorded.organization.as_str()),
        reservation_id: fact.reservation_id.entity(),
        sequence: long(recorded.sequence),
        last_sequence: long(recorded.sequence),
        amount: fact.amount.get(),
        overdraft_held: fact.overdraft_held.get(),
        confirmed_amount: None,
        shortfall: None,
        created_at: recorded.event.occurred_at,
        expires_at: fact.expires_at,
        ended_at: None,
        status: "pending",
        over_policy: match fact.over.policy {
            OverPolicy::Reject => "reject",
            OverPolicy::TakeAvailable => "take_available",
            OverPolicy::Overdraft => "overdraft",
        },
        over_max_amount: fact.over.max_amount.map(|amount| amount.get()),
        operation: usage.operation().map(text),
        subject: usage.subject.as_ref().map(|subject| text(subject.as_str())),
        description: usage.description.as_ref().map(|description| text(description.as_str())),
        reference_type: usage.reference.as_ref().map(|reference| text(reference.kind.as_str())),
        reference_id: usage.reference.as_ref().map(|reference| text(reference.id.as_str())),
        quantities: json(&usage.quantities),
        dimensions: json(&usage.dimensions),
        actor: recorded.metadata.actor.clone(),
        metadata: json(&usage.metadata),
    }
}

fn confirmed(recorded: &RecordedEvent, fact: &ReservationConfirmed) -> Change {
    Change::Ends(EndRow {
        confirmed_amount: Some(fact.amount.get()),
        shortfall: Some(fact.shortfall.get()),
        quantities: Some(json(&fact.usage.quantities)),
        ..end(recorded, fact.reservation_id, "confirmed")
    })
}

fn end(recorded: &RecordedEvent, id: ReservationId, status: &'static str) -> EndRow {
    EndRow {
        partition: small(recorded.partition),
        organization_id: recorded.organization.as_str().to_owned(),
        reservation_id: id.entity(),
        last_sequence: long(recorded.sequence),
        confirmed_amount: None,
        shortfall: None,
        ended_at: recorded.event.occurred_at,
        status,
        quantities: None,
    }
}

impl ReservationRow {
    /// The row of a reservation that begins and ends in one batch.
    pub fn end(&mut self, end: EndRow) {
        self.last_sequence = end.last_sequence;
        self.confirmed_amount = end.confirmed_amount;
        self.shortfall = end.shortfall;
        self.ended_at = Some(end.ended_at);
        self.status = end.status;
        if let Some(quantities) = end.quantities {
            self.quantities = quantities;
        }
    }
}
