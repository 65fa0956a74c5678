//! One entity and what became of it, from its events alone.

use chrono::{DateTime, Utc};
use domain::commands::RevokeCause;
use domain::events::Fact;
use domain::grant::{Category, GrantTerms};
use domain::{Credits, Event};
use serde::Serialize;
use store::RecordedEvent;
use utoipa::ToSchema;
use uuid::Uuid;

use super::parts::{After, Price};
use super::{ConsumptionAnswer, ReservationAnswer};

/// One refund of a consumption.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
pub struct RefundEntry<'a> {
    pub amount: i64,
    pub reason: &'a str,
    pub created_at: DateTime<Utc>,
    pub sequence: u64,
}

/// A consumption and its refunds.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
pub struct ConsumptionReceipt<'a> {
    #[serde(flatten)]
    pub consumption: ConsumptionAnswer<'a>,
    /// Credits given back so far.
    pub refunded: i64,
    pub refunds: Vec<RefundEntry<'a>>,
}

impl<'a> ConsumptionReceipt<'a> {
    /// `None` when the events tell of no consumption.
    #[must_use]
    pub fn of(events: &'a [RecordedEvent]) -> Option<Self> {
        let consumption = events.iter().find_map(|recorded| match &recorded.event.fact {
            Fact::CreditsConsumed(f) => Some(ConsumptionAnswer::consumed(f, After::of(recorded, recorded))),
            Fact::ReservationConfirmed(f) => Some(ConsumptionAnswer::confirmed(f, After::of(recorded, recorded))),
            _ => None,
        })?;
        let refunds: Vec<_> = events.iter().filter_map(refund).collect();
        Some(Self { consumption, refunded: refunds.iter().map(|entry| entry.amount).sum(), refunds })
    }
}

fn refund(recorded: &RecordedEvent) -> Option<RefundEntry<'_>> {
    let Fact::ConsumptionRefunded(f) = &recorded.event.fact else { return None };
    Some(RefundEntry {
        amount: f.amount.get(),
        reason: f.reason.as_str(),
        created_at: recorded.event.occurred_at,
        sequence: recorded.sequence,
    })
}

/// A reservation and how it ended.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
pub struct ReservationReceipt<'a> {
    /// `status` is `pending`, `confirmed`, `cancelled` or `expired`.
    #[serde(flatten)]
    pub reservation: ReservationAnswer<'a>,
    pub ended_at: Option<DateTime<Utc>>,
    /// What the confirmation took.
    pub confirmed_amount: Option<i64>,
}

impl<'a> ReservationReceipt<'a> {
    /// `None` when the events tell of no reservation. A deadline that has passed counts from `now` on, even before the
    /// log says so.
    #[must_use]
    pub fn of(events: &'a [RecordedEvent], now: DateTime<Utc>) -> Option<Self> {
        let mut reservation = events.iter().find_map(|recorded| match &recorded.event.fact {
            Fact::CreditsReserved(f) => Some(ReservationAnswer::of(f, After::of(recorded, recorded))),
            _ => None,
        })?;
        let end = events.iter().find_map(|recorded| reservation_end(&recorded.event));
        let (status, ended_at, confirmed_amount) = match end {
            Some((status, at, amount)) => (status, Some(at), amount),
            None if reservation.expires_at <= now => ("expired", Some(reservation.expires_at), None),
            None => ("pending", None, None),
        };
        reservation.status = status;
        Some(Self { reservation, ended_at, confirmed_amount })
    }
}

fn reservation_end(event: &Event) -> Option<(&'static str, DateTime<Utc>, Option<i64>)> {
    match &event.fact {
        Fact::ReservationConfirmed(f) => Some(("confirmed", event.occurred_at, Some(f.amount.get()))),
        Fact::ReservationCancelled(_) => Some(("cancelled", event.occurred_at, None)),
        Fact::ReservationExpired(_) => Some(("expired", event.occurred_at, None)),
        _ => None,
    }
}

/// One revocation of a purchase.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
pub struct RevocationEntry<'a> {
    pub amount: i64,
    pub debt: i64,
    pub not_owed: i64,
    #[schema(value_type = String)]
    pub cause: RevokeCause,
    pub reference: &'a str,
    pub reason: &'a str,
    pub created_at: DateTime<Utc>,
    pub sequence: u64,
}

/// A purchase and what was taken back of it.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
pub struct PurchaseReceipt<'a> {
    pub id: Uuid,
    pub organization_id: &'a str,
    /// `started`, `completed`, `failed` or `expired`.
    pub status: &'static str,
    pub grant_id: Uuid,
    pub credits: i64,
    pub price: Price,
    pub payment_reference: &'a str,
    pub revoked: i64,
    pub reinstated: i64,
    pub revocations: Vec<RevocationEntry<'a>>,
    pub created_at: DateTime<Utc>,
    pub sequence: u64,
}

impl<'a> PurchaseReceipt<'a> {
    /// `None` when the events tell of no purchase.
    #[must_use]
    pub fn of(events: &'a [RecordedEvent]) -> Option<Self> {
        let mut receipt = None;
        for recorded in events {
            match &recorded.event.fact {
                Fact::PurchaseStarted(f) => {
                    let opened = Self::opened(recorded, "started", f.payment_reference.as_str());
                    receipt = Some(Self { credits: f.offer.credits.get(), price: f.offer.price.into(), ..opened });
                }
                Fact::PurchaseCompleted(f) => {
                    let opened = Self::opened(recorded, "completed", f.payment_reference.as_str());
                    receipt = Some(Self { credits: f.terms.amount.get(), price: f.price.into(), ..opened });
                }
                Fact::PurchaseFailed(_) => receipt = receipt.map(|r| Self { status: "failed", ..r }),
                Fact::PurchaseExpired(_) => receipt = receipt.map(|r| Self { status: "expired", ..r }),
                _ => {}
            }
        }
        let revocations: Vec<_> = events.iter().filter_map(revocation).collect();
        receipt.map(|receipt: Self| Self {
            revoked: revocations.iter().map(|entry| entry.amount).sum(),
            reinstated: events.iter().map(|recorded| reinstated(&recorded.event).get()).sum(),
            revocations,
            ..receipt
        })
    }

    fn opened(recorded: &'a RecordedEvent, status: &'static str, payment_reference: &'a str) -> Self {
        let id = recorded.entity_id.unwrap_or_default();
        Self {
            id,
            organization_id: recorded.organization.as_str(),
            status,
            grant_id: id,
            credits: 0,
            price: Price { amount_minor: 0, currency: String::new() },
            payment_reference,
            revoked: 0,
            reinstated: 0,
            revocations: Vec::new(),
            created_at: recorded.event.occurred_at,
            sequence: recorded.sequence,
        }
    }
}

fn revocation(recorded: &RecordedEvent) -> Option<RevocationEntry<'_>> {
    let Fact::PurchaseRevoked(f) = &recorded.event.fact else { return None };
    Some(RevocationEntry {
        amount: f.amount.get(),
        debt: f.debt.get(),
        not_owed: f.not_owed.get(),
        cause: f.cause,
        reference: f.reference.as_str(),
        reason: f.reason.as_str(),
        created_at: recorded.event.occurred_at,
        sequence: recorded.sequence,
    })
}

fn reinstated(event: &Event) -> Credits {
    match &event.fact {
        Fact::PurchaseReinstated(f) => f.amount,
        _ => Credits::ZERO,
    }
}

/// A grant and what became of it.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
pub struct GrantReceipt<'a> {
    pub id: Uuid,
    pub organization_id: &'a str,
    /// `scheduled`, `effective`, `expired`, `voided` or `merged`.
    pub status: &'static str,
    #[schema(value_type = String)]
    pub category: Category,
    pub amount: i64,
    pub priority: u16,
    pub granted_at: DateTime<Utc>,
    pub effective_at: DateTime<Utc>,
    pub expires_at: Option<DateTime<Utc>>,
    pub applies_to: Vec<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub purchase_id: Option<Uuid>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reason: Option<&'a str>,
    pub sequence: u64,
}

impl<'a> GrantReceipt<'a> {
    /// `None` when the events tell of no such grant. What time has caused counts from `now` on, even before the log says
    /// so.
    #[must_use]
    pub fn of(events: &'a [RecordedEvent], id: Uuid, now: DateTime<Utc>) -> Option<Self> {
        // The events are those of its line: what came back of it may be grants of their own.
        let mut made = events
            .iter()
            .filter_map(|recorded| terms(&recorded.event).map(|(terms, reason)| (recorded, terms, reason)));
        let (first, terms, reason) = made.find(|(_, terms, _)| terms.grant_id.entity() == id)?;
        let closed = events.iter().filter_map(|recorded| closed(&recorded.event, terms)).next_back();
        Some(Self {
            id: terms.grant_id.entity(),
            organization_id: first.organization.as_str(),
            status: closed.unwrap_or_else(|| status_at(terms, now)),
            category: terms.category,
            amount: terms.amount.get(),
            priority: terms.priority,
            granted_at: terms.granted_at,
            effective_at: terms.effective_at,
            expires_at: terms.expires_at,
            applies_to: super::grant::patterns(terms),
            purchase_id: terms.purchase_id.map(domain::ids::PurchaseId::entity),
            reason,
            sequence: first.sequence,
        })
    }
}

fn terms(event: &Event) -> Option<(&GrantTerms, Option<&str>)> {
    match &event.fact {
        Fact::CreditsGranted(f) => Some((&f.terms, Some(f.reason.as_str()))),
        Fact::CreditsAdjustedUp(f) => Some((&f.terms, Some(f.reason.as_str()))),
        Fact::PurchaseCompleted(f) => Some((&f.terms, None)),
        Fact::GrantRestored(f) => Some((&f.terms, Some(f.reason.as_str()))),
        Fact::RepaymentReturned(f) => Some((&f.terms, None)),
        _ => None,
    }
}

fn closed(event: &Event, terms: &GrantTerms) -> Option<&'static str> {
    match &event.fact {
        Fact::GrantExpired(f) if f.grant.grant_id == terms.grant_id => Some("expired"),
        Fact::GrantVoided(f) if f.grant.grant_id == terms.grant_id => Some("voided"),
        Fact::GrantMerged(f) if f.grant.grant_id == terms.grant_id => Some("merged"),
        _ => None,
    }
}

fn status_at(terms: &GrantTerms, now: DateTime<Utc>) -> &'static str {
    if terms.effective_at > now {
        "scheduled"
    } else if terms.expires_at.is_some_and(|at| at <= now) {
        "expired"
    } else {
        "effective"
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::answers::testing::{Given, now};
    use crate::request::Kind;
    use chrono::TimeDelta;
    use serde_json::json;

    #[test]
    fn a_receipt_adds_up_refunds() {
        let mut given = Given::new();
        given.when(Kind::Grant, None, &json!({"amount": 100, "reason": "r"}));
        let id = given.when(Kind::Consume, None, &json!({"amount": 10}))[0].entity_id.unwrap();
        for amount in [3, 4] {
            given.when(Kind::RefundConsumption, Some(id), &json!({"amount": amount, "reason": "r"}));
        }
        let events = given.entity(id);
        let receipt = ConsumptionReceipt::of(&events).unwrap();
        assert_eq!((receipt.consumption.amount, receipt.refunded, receipt.refunds.len()), (10, 7, 2));
        assert!(PurchaseReceipt::of(&events).is_none() && GrantReceipt::of(&events, id, now()).is_none());
    }

    #[test]
    fn time_ends_a_reservation_before_the_log_says_so() {
        let mut given = Given::new();
        given.when(Kind::Grant, None, &json!({"amount": 100, "reason": "r"}));
        let id = given.when(Kind::Reserve, None, &json!({"amount": 10}))[0].entity_id.unwrap();
        let events = given.entity(id);
        let status = |seconds| {
            ReservationReceipt::of(&events, now() + TimeDelta::seconds(seconds)).map(|r| r.reservation.status)
        };
        assert_eq!((status(899), status(900)), (Some("pending"), Some("expired")));
    }

    #[test]
    fn a_purchase_shows_what_was_taken_back() {
        let mut given = Given::new();
        let bought =
            json!({"credits": 50, "price": {"amount_minor": 5, "currency": "EUR"}, "payment_reference": "inv-1"});
        let id = given.when(Kind::RecordPurchase, None, &bought)[0].entity_id.unwrap();
        given.when(Kind::RevokePurchase, Some(id), &json!({"reason": "r"}));
        let events = given.entity(id);
        let receipt = PurchaseReceipt::of(&events).unwrap();
        assert_eq!((receipt.status, receipt.credits, receipt.revoked), ("completed", 50, 50));
        assert_eq!(GrantReceipt::of(&events, id, now()).unwrap().purchase_id, Some(id));
    }
}
