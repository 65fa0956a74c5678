//! What events make of purchases.

use domain::commands::Offer;
use domain::events::{Fact, PurchaseCompleted, PurchaseReinstated, PurchaseRevoked, PurchaseStarted};
use domain::ids::PurchaseId;
use domain::{Credits, Timestamp};
use store::RecordedEvent;
use uuid::Uuid;

use crate::projectors::fold::{Unprojectable, add, json, long, small, take};
use crate::projectors::rows::columns;

columns! {
    /// A row of `credit_purchases`.
    #[derive(Clone, Debug, PartialEq, Eq, sqlx::FromRow)]
    pub struct PurchaseRow {
        partition: i16 = "smallint",
        organization_id: String = "text",
        purchase_id: Uuid = "uuid",
        sequence: i64 = "bigint",
        last_sequence: i64 = "bigint",
        credits: i64 = "bigint",
        price_minor: i64 = "bigint",
        revoked_credits: i64 = "bigint",
        refunded_minor: i64 = "bigint",
        created_at: Timestamp = "timestamptz",
        completed_at: Option<Timestamp> = "timestamptz",
        updated_at: Timestamp = "timestamptz",
        expires_at: Option<Timestamp> = "timestamptz",
        currency: String = "text",
        status: String = "text",
        payment_reference: String = "text",
        package_id: Option<String> = "text",
        reason: Option<String> = "text",
        actor: String = "text",
        metadata: String = "jsonb",
    }
}

/// What an event says of a purchase.
#[derive(Clone, Copy, Debug)]
pub enum Change<'a> {
    Started(&'a PurchaseStarted),
    Completed(&'a PurchaseCompleted),
    Failed(&'a str),
    Expired(&'a str),
    Revoked(&'a PurchaseRevoked),
    Reinstated(&'a PurchaseReinstated),
}

/// The purchase that an event is about, and what it says of it.
#[must_use]
pub fn change(fact: &Fact) -> Option<(PurchaseId, Change<'_>)> {
    let (purchase, change) = match fact {
        Fact::PurchaseStarted(f) => (f.purchase_id, Change::Started(f)),
        Fact::PurchaseCompleted(f) => (f.purchase_id, Change::Completed(f)),
        Fact::PurchaseFailed(f) => (f.purchase_id, Change::Failed(f.reason.as_str())),
        Fact::PurchaseExpired(f) => (f.purchase_id, Change::Expired(f.reason.as_str())),
        Fact::PurchaseRevoked(f) => (f.purchase_id, Change::Revoked(f)),
        Fact::PurchaseReinstated(f) => (f.purchase_id, Change::Reinstated(f)),
        Fact::CreditsGranted(_)
        | Fact::GrantBecameEffective(_)
        | Fact::GrantExpired(_)
        | Fact::GrantVoided(_)
        | Fact::GrantRestored(_)
        | Fact::GrantMerged(_)
        | Fact::CreditsConsumed(_)
        | Fact::ConsumptionRefunded(_)
        | Fact::CreditsReserved(_)
        | Fact::ReservationConfirmed(_)
        | Fact::ReservationCancelled(_)
        | Fact::ReservationExpired(_)
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
        | Fact::CommandNoted(_) => return None,
    };
    Some((purchase, change))
}

/// Folds an event about a purchase into its row. One that has been folded already changes nothing.
///
/// # Errors
/// [`Unprojectable`] where the purchase is unknown or a figure would not fit.
pub fn fold_one(
    row: Option<PurchaseRow>,
    change: Change<'_>,
    recorded: &RecordedEvent,
) -> Result<PurchaseRow, Unprojectable> {
    let sequence = long(recorded.sequence);
    let row = match row {
        Some(row) if row.last_sequence >= sequence => return Ok(row),
        other => other,
    };
    let known = row.ok_or(Unprojectable::Unknown("purchase"));
    let mut row = match change {
        Change::Started(f) => started(recorded, f),
        Change::Completed(f) => completed(known.unwrap_or_else(|_| recorded_only(recorded, f)), recorded, f),
        Change::Failed(reason) => ended(known?, "failed", reason),
        Change::Expired(reason) => ended(known?, "expired", reason),
        Change::Revoked(f) => revoked(known?, f)?,
        Change::Reinstated(f) => reinstated(known?, f)?,
    };
    row.last_sequence = sequence;
    row.updated_at = recorded.event.occurred_at;
    Ok(row)
}

fn started(recorded: &RecordedEvent, fact: &PurchaseStarted) -> PurchaseRow {
    PurchaseRow {
        partition: small(recorded.partition),
        organization_id: recorded.organization.as_str().to_owned(),
        purchase_id: fact.purchase_id.entity(),
        sequence: long(recorded.sequence),
        last_sequence: long(recorded.sequence),
        credits: fact.offer.credits.get(),
        price_minor: fact.offer.price.amount_minor,
        revoked_credits: 0,
        refunded_minor: 0,
        created_at: recorded.event.occurred_at,
        completed_at: None,
        updated_at: recorded.event.occurred_at,
        expires_at: None,
        currency: fact.offer.price.currency.into(),
        status: "started".to_owned(),
        payment_reference: fact.payment_reference.as_str().to_owned(),
        package_id: fact.offer.package_id.as_ref().map(|id| id.as_str().to_owned()),
        reason: None,
        actor: recorded.metadata.actor.clone(),
        metadata: json(&fact.metadata),
    }
}

/// A purchase that was never started here: its first event says that it was paid.
fn recorded_only(recorded: &RecordedEvent, fact: &PurchaseCompleted) -> PurchaseRow {
    let offer = Offer {
        credits: fact.terms.amount,
        price: fact.price,
        package_id: fact.package_id.clone(),
        package_version: fact.package_version,
        bonus_credits: fact.bonus_credits,
    };
    let (purchase_id, payment_reference) = (fact.purchase_id, fact.payment_reference.clone());
    started(recorded, &PurchaseStarted { purchase_id, offer, payment_reference, metadata: fact.metadata.clone() })
}

/// What was paid counts, whatever was offered.
fn completed(row: PurchaseRow, recorded: &RecordedEvent, fact: &PurchaseCompleted) -> PurchaseRow {
    PurchaseRow {
        credits: fact.terms.amount.get(),
        price_minor: fact.price.amount_minor,
        currency: fact.price.currency.into(),
        package_id: fact.package_id.as_ref().map(|id| id.as_str().to_owned()),
        completed_at: Some(recorded.event.occurred_at),
        expires_at: fact.terms.expires_at,
        status: "completed".to_owned(),
        reason: None,
        metadata: if fact.metadata.is_empty() { row.metadata } else { json(&fact.metadata) },
        ..row
    }
}

fn ended(row: PurchaseRow, status: &str, reason: &str) -> PurchaseRow {
    PurchaseRow { status: status.to_owned(), reason: Some(reason.to_owned()), ..row }
}

fn revoked(mut row: PurchaseRow, fact: &PurchaseRevoked) -> Result<PurchaseRow, Unprojectable> {
    add(&mut row.revoked_credits, fact.amount)?;
    add(&mut row.refunded_minor, Credits::new(fact.price_minor.unwrap_or(0)))?;
    Ok(judged(row, fact.reason.as_str()))
}

fn reinstated(mut row: PurchaseRow, fact: &PurchaseReinstated) -> Result<PurchaseRow, Unprojectable> {
    take(&mut row.revoked_credits, fact.amount)?;
    take(&mut row.refunded_minor, Credits::new(fact.price_minor.unwrap_or(0)))?;
    Ok(judged(row, fact.reason.as_str()))
}

/// Revoked when all credits or all of the price went back; what had expired by then is not taken back.
fn judged(row: PurchaseRow, reason: &str) -> PurchaseRow {
    let price_is_back = row.price_minor > 0 && row.refunded_minor >= row.price_minor;
    let status = if price_is_back || row.revoked_credits >= row.credits {
        "revoked"
    } else if row.refunded_minor > 0 || row.revoked_credits > 0 {
        "partly_revoked"
    } else {
        "completed"
    };
    ended(row, status, reason)
}
