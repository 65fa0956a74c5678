//! What an event is in an account's statement.

use std::borrow::Cow;

use domain::commands::RevokeCause;
use domain::events::{Fact, RestoreCause};
use domain::grant::total;
use domain::text::Metadata;
use domain::usage::Usage;
use domain::{Credits, EntityId, Timestamp};
use store::RecordedEvent;
use uuid::Uuid;

use crate::projectors::fold::{json, long, small};
use crate::projectors::rows::columns;

columns! {
    /// A row of `credit_transactions`.
    #[derive(Clone, Debug, PartialEq)]
    pub struct TransactionRow<'a> {
        partition: i16 = "smallint",
        organization_id: &'a str = "text",
        sequence: i64 = "bigint",
        created_at: Timestamp = "timestamptz",
        amount: i64 = "bigint",
        balance_after: i64 = "bigint",
        id: Uuid = "uuid",
        entity_id: Option<Uuid> = "uuid",
        r#type: &'static str = "text",
        description: Option<&'a str> = "text",
        reference_type: Option<&'a str> = "text",
        reference_id: Option<&'a str> = "text",
        operation: Option<&'a str> = "text",
        subject: Option<&'a str> = "text",
        actor: &'a str = "text",
        metadata: Cow<'static, str> = "jsonb",
    }
}

/// A movement of the balance, as its event tells it.
struct Movement<'a> {
    kind: &'static str,
    amount: Credits,
    entity: Option<EntityId>,
    description: Option<&'a str>,
    reference: Option<(&'a str, &'a str)>,
    usage: Option<&'a Usage>,
    metadata: Option<&'a Metadata>,
}

impl<'a> Movement<'a> {
    fn of(kind: &'static str, amount: Credits, entity: EntityId) -> Self {
        Self { kind, amount, entity: Some(entity), description: None, reference: None, usage: None, metadata: None }
    }

    fn because(self, reason: &'a str) -> Self {
        Self { description: Some(reason), ..self }
    }

    fn with_reference(self, kind: &'a str, id: &'a str) -> Self {
        Self { reference: Some((kind, id)), ..self }
    }

    fn with_metadata(self, metadata: &'a Metadata) -> Self {
        Self { metadata: Some(metadata), ..self }
    }

    /// Spending is shown even where it cost nothing.
    fn consumption(amount: Credits, entity: EntityId, usage: &'a Usage) -> Self {
        let reference = usage.reference.as_ref().map(|reference| (reference.kind.as_str(), reference.id.as_str()));
        Self {
            description: usage.description.as_ref().map(|text| text.as_str()),
            reference,
            usage: Some(usage),
            metadata: Some(&usage.metadata),
            ..Self::of("consumption", Credits::ZERO - amount, entity)
        }
    }

    /// Whether it has a row: only a consumption may move nothing.
    fn is_shown(&self) -> bool {
        self.usage.is_some() || !self.amount.is_zero()
    }
}

/// The row of an event, where it has one.
#[must_use]
pub fn row(recorded: &RecordedEvent) -> Option<TransactionRow<'_>> {
    let event = &recorded.event;
    let movement = movement(&event.fact, event.occurred_at).filter(Movement::is_shown)?;
    Some(TransactionRow {
        partition: small(recorded.partition),
        organization_id: recorded.organization.as_str(),
        sequence: long(recorded.sequence),
        created_at: event.occurred_at,
        amount: movement.amount.get(),
        balance_after: event.balance_after.get(),
        id: recorded.event_id,
        entity_id: movement.entity,
        r#type: movement.kind,
        description: movement.description,
        reference_type: movement.reference.map(|(kind, _)| kind),
        reference_id: movement.reference.map(|(_, id)| id),
        operation: movement.usage.and_then(Usage::operation),
        subject: movement.usage.and_then(|usage| usage.subject.as_ref()).map(|subject| subject.as_str()),
        actor: &recorded.metadata.actor,
        metadata: movement
            .metadata
            .filter(|metadata| !metadata.is_empty())
            .map_or(Cow::Borrowed("{}"), |metadata| Cow::Owned(json(metadata))),
    })
}

fn movement(fact: &Fact, at: Timestamp) -> Option<Movement<'_>> {
    let movement = match fact {
        Fact::CreditsGranted(f) if f.terms.effective_at > at => return None,
        Fact::CreditsGranted(f) => Movement::of("grant", f.terms.amount, f.terms.grant_id.entity())
            .because(f.reason.as_str())
            .with_metadata(&f.metadata),
        Fact::GrantBecameEffective(f) => Movement::of("grant", f.grant.amount, f.grant.grant_id.entity()),
        Fact::GrantExpired(f) => Movement::of("expiration", -f.grant.amount, f.grant.grant_id.entity()),
        Fact::GrantVoided(f) if f.scheduled => return None,
        Fact::GrantVoided(f) => {
            Movement::of("void", -f.grant.amount, f.grant.grant_id.entity()).because(f.reason.as_str())
        }
        Fact::GrantRestored(f) => {
            let kind = match f.cause {
                RestoreCause::Refund => "refund",
                RestoreCause::Reinstatement => "reinstatement",
            };
            Movement::of(kind, f.amount, f.terms.grant_id.entity()).because(f.reason.as_str())
        }
        Fact::PurchaseCompleted(f) => Movement::of("purchase", f.terms.amount, f.purchase_id.entity())
            .with_reference("payment", f.payment_reference.as_str())
            .with_metadata(&f.metadata),
        Fact::PurchaseRevoked(f) => Movement::of("revocation", -f.amount, f.purchase_id.entity())
            .because(f.reason.as_str())
            .with_reference(cause(f.cause), f.reference.as_str()),
        Fact::PurchaseReinstated(f) => Movement::of("reinstatement", total(&f.returned), f.purchase_id.entity())
            .because(f.reason.as_str())
            .with_reference("revocation", f.reference.as_str()),
        Fact::CreditsConsumed(f) => Movement::consumption(f.amount, f.consumption_id.entity(), &f.usage),
        Fact::ReservationConfirmed(f) => {
            Movement::consumption(f.amount, f.reservation_id.consumption().entity(), &f.usage)
        }
        Fact::ConsumptionRefunded(f) => {
            // What comes back as a lot of its own has a row of its own.
            Movement::of("refund", total(&f.returned) + f.debt_reduced, f.consumption_id.entity())
                .because(f.reason.as_str())
        }
        Fact::CreditsAdjustedUp(f) => {
            Movement::of("adjustment", f.terms.amount, f.terms.grant_id.entity()).because(f.reason.as_str())
        }
        Fact::CreditsAdjustedDown(f) => Movement {
            entity: None,
            ..Movement::of("adjustment", -f.amount, EntityId::nil()).because(f.reason.as_str())
        },
        Fact::GrantMerged(_)
        | Fact::PurchaseStarted(_)
        | Fact::PurchaseFailed(_)
        | Fact::PurchaseExpired(_)
        | Fact::CreditsReserved(_)
        | Fact::ReservationCancelled(_)
        | Fact::ReservationExpired(_)
        | Fact::DebtRepaid(_)
        | Fact::RepaymentReturned(_)
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
        | Fact::CommandNoted(_) => return None,
    };
    Some(movement)
}

fn cause(cause: RevokeCause) -> &'static str {
    match cause {
        RevokeCause::Refund => "refund",
        RevokeCause::Dispute => "dispute",
    }
}
