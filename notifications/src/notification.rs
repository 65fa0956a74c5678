//! What is told of an event. Pure.
//!
//! Invariant: an event is told as one notification or none, and its id is the event's own: whoever reads the log twice
//! writes the same id.
//! Invariant: a fact that is new to the log is placed here by name, whether it is told of or not (no `_` arm).
//! Absent: metadata, subjects and descriptions of callers: a receiver asks for what it may see.

use domain::commands::RevokeCause;
use domain::grant::Money;
use domain::ids::GrantId;
use domain::recharge::RechargeFailure;
use domain::{Credits, Event, Fact, OrganizationId, Timestamp};
use serde::Serialize;
use serde_json::{Map, Value, json};
use sha2::{Digest, Sha256};
use store::RecordedEvent;
use uuid::{Builder, Uuid};

use crate::kind::{Kind, TEST};

/// The events that are told of, for a search of the log.
pub const TOLD: &[&str] = &[
    "GrantExpired",
    "PurchaseCompleted",
    "PurchaseFailed",
    "PurchaseExpired",
    "PurchaseRevoked",
    "PurchaseReinstated",
    "ReservationExpired",
    "LowBalanceReached",
    "BalanceExhausted",
    "RechargeCompleted",
    "RechargeFailed",
];

/// Something to tell, as every try sends it.
#[derive(Clone, Debug, PartialEq)]
pub struct Notification {
    /// `webhook-id`.
    pub id: Uuid,
    /// `None`: a test.
    pub organization: Option<OrganizationId>,
    pub name: &'static str,
    /// `None`: a test, which no filter holds back.
    pub kind: Option<Kind>,
    pub body: String,
}

/// CloudEvents 1.0 in JSON.
#[derive(Serialize)]
struct Body<'a> {
    specversion: &'static str,
    id: Uuid,
    source: &'a str,
    r#type: &'static str,
    time: Timestamp,
    datacontenttype: &'static str,
    data: Value,
}

fn body(id: Uuid, source: &str, name: &'static str, time: Timestamp, data: Value) -> String {
    let body = Body { specversion: "1.0", id, source, r#type: name, time, datacontenttype: "application/json", data };
    serde_json::to_string(&body).expect("a notification is plain JSON")
}

/// What is told of an event, if anything.
#[must_use]
pub fn of_event(recorded: &RecordedEvent) -> Option<Notification> {
    let (kind, told) = told(&recorded.event)?;
    let organization = &recorded.organization;
    let mut data = Map::new();
    data.insert("organization_id".to_owned(), json!(organization));
    data.insert("sequence".to_owned(), json!(recorded.sequence));
    data.insert("balance".to_owned(), json!(recorded.event.balance_after));
    // Figures that are not known are left out.
    let told = told.into_iter().filter(|(_, value)| !value.is_null());
    data.extend(told.map(|(name, value)| (name.to_owned(), value)));
    let source = format!("/v1/organizations/{organization}");
    let body = body(recorded.event_id, &source, kind.name(), recorded.event.occurred_at, Value::Object(data));
    let organization = Some(organization.clone());
    Some(Notification { id: recorded.event_id, organization, name: kind.name(), kind: Some(kind), body })
}

type Fields = Vec<(&'static str, Value)>;

fn told(event: &Event) -> Option<(Kind, Fields)> {
    match &event.fact {
        Fact::LowBalanceReached(f) => {
            let fields = vec![
                ("unrestricted_balance", json!(f.unrestricted_balance)),
                ("threshold", json!(f.threshold)),
                ("available", json!(event.available_after)),
            ];
            Some((Kind::BalanceLow, fields))
        }
        Fact::BalanceExhausted(f) => {
            let fields = vec![
                ("unrestricted_balance", json!(f.unrestricted_balance)),
                ("available", json!(event.available_after)),
            ];
            Some((Kind::BalanceDepleted, fields))
        }
        Fact::PurchaseCompleted(f) => {
            let fields = vec![
                ("purchase_id", json!(f.purchase_id)),
                ("credits", json!(f.terms.amount)),
                ("price", money(f.price)),
                ("package_id", json!(f.package_id)),
                ("payment_reference", json!(f.payment_reference)),
                ("expires_at", json!(f.terms.expires_at)),
            ];
            Some((Kind::PurchaseCompleted, fields))
        }
        Fact::PurchaseFailed(f) => {
            Some((Kind::PurchaseFailed, unpaid(json!(f.purchase_id), "failed", f.reason.as_str())))
        }
        Fact::PurchaseExpired(f) => {
            Some((Kind::PurchaseFailed, unpaid(json!(f.purchase_id), "expired", f.reason.as_str())))
        }
        Fact::PurchaseRevoked(f) => {
            let kind = match f.cause {
                RevokeCause::Refund => Kind::RefundApplied,
                RevokeCause::Dispute => Kind::DisputeOpened,
            };
            let fields = vec![
                ("purchase_id", json!(f.purchase_id)),
                ("credits", json!(f.amount)),
                ("debt", json!(f.debt)),
                ("amount_minor", json!(f.price_minor)),
                ("reference", json!(f.reference)),
            ];
            Some((kind, fields))
        }
        Fact::PurchaseReinstated(f) => match f.cause {
            // The refund did not happen after all; there is no type for that.
            RevokeCause::Refund => None,
            RevokeCause::Dispute => {
                let fields = vec![
                    ("purchase_id", json!(f.purchase_id)),
                    ("outcome", json!("won")),
                    ("credits", json!(f.amount)),
                    ("amount_minor", json!(f.price_minor)),
                    ("reference", json!(f.reference)),
                ];
                Some((Kind::DisputeClosed, fields))
            }
        },
        Fact::RechargeCompleted(f) => {
            let fields = vec![
                ("recharge_id", json!(f.recharge_id)),
                ("purchase_id", json!(f.purchase_id)),
                ("price", money(f.price)),
            ];
            Some((Kind::AutoRechargeSucceeded, fields))
        }
        Fact::RechargeFailed(f) => {
            let kind = match f.failure {
                RechargeFailure::ActionRequired => Kind::AutoRechargeActionRequired,
                RechargeFailure::NoCard
                | RechargeFailure::Declined
                | RechargeFailure::CardUnusable
                | RechargeFailure::Refused
                | RechargeFailure::Abandoned
                | RechargeFailure::TimedOut => Kind::AutoRechargeFailed,
                // Whoever switched it off knows.
                RechargeFailure::Withdrawn => return None,
            };
            let fields = vec![
                ("recharge_id", json!(f.recharge_id)),
                ("failure", json!(f.failure)),
                ("detail", json!(f.detail)),
                ("link", json!(f.link)),
            ];
            Some((kind, fields))
        }
        // All of it was held by reservations; what they give back expires by an event of its own.
        Fact::GrantExpired(f) if f.grant.amount.is_zero() => None,
        Fact::GrantExpired(f) => {
            let fields = vec![("grant_id", json!(f.grant.grant_id)), ("credits", json!(f.grant.amount))];
            Some((Kind::GrantExpired, fields))
        }
        Fact::ReservationExpired(f) => {
            let fields = vec![("reservation_id", json!(f.reservation_id)), ("credits", json!(f.amount))];
            Some((Kind::ReservationExpired, fields))
        }
        Fact::CreditsGranted(_)
        | Fact::GrantBecameEffective(_)
        | Fact::GrantVoided(_)
        | Fact::GrantRestored(_)
        | Fact::GrantMerged(_)
        | Fact::PurchaseStarted(_)
        | Fact::CreditsConsumed(_)
        | Fact::ConsumptionRefunded(_)
        | Fact::CreditsReserved(_)
        | Fact::ReservationConfirmed(_)
        | Fact::ReservationCancelled(_)
        | Fact::DebtRepaid(_)
        | Fact::RepaymentReturned(_)
        | Fact::CreditsAdjustedUp(_)
        | Fact::CreditsAdjustedDown(_)
        | Fact::SettingsChanged(_)
        | Fact::LowBalanceCleared(_)
        | Fact::BalanceRecovered(_)
        | Fact::AutoRechargeConfigured(_)
        | Fact::RecurringGrantConfigured(_)
        | Fact::RecurringGrantSkipped(_)
        | Fact::RechargeRequested(_)
        | Fact::RechargeSuspended(_)
        | Fact::RechargeResumed(_)
        | Fact::CommandNoted(_) => None,
    }
}

fn money(price: Money) -> Value {
    json!({"amount_minor": price.amount_minor, "currency": price.currency})
}

fn unpaid(purchase_id: Value, outcome: &str, reason: &str) -> Fields {
    vec![("purchase_id", purchase_id), ("outcome", json!(outcome)), ("reason", json!(reason))]
}

/// A grant with credits left that ends soon.
#[derive(Clone, Debug, PartialEq)]
pub struct Ending {
    pub organization: OrganizationId,
    pub grant_id: GrantId,
    pub category: String,
    pub remaining: Credits,
    pub expires_at: Timestamp,
}

/// What is told of a grant that is about to expire. Its id derives from the grant and its end, because no event is there
/// to lend one.
#[must_use]
pub fn of_ending(ending: &Ending, now: Timestamp) -> Notification {
    let organization = &ending.organization;
    let id = id_of_ending(ending);
    let data = json!({
        "organization_id": organization,
        "grant_id": ending.grant_id,
        "category": ending.category,
        "remaining": ending.remaining,
        "expires_at": ending.expires_at,
    });
    let kind = Kind::GrantExpiring;
    let body = body(id, &format!("/v1/organizations/{organization}"), kind.name(), now, data);
    Notification { id, organization: Some(organization.clone()), name: kind.name(), kind: Some(kind), body }
}

fn id_of_ending(ending: &Ending) -> Uuid {
    let digest = Sha256::new()
        .chain_update(Kind::GrantExpiring.name())
        .chain_update(ending.grant_id.entity().as_bytes())
        .chain_update(ending.expires_at.timestamp_micros().to_be_bytes())
        .finalize();
    let mut bytes = [0_u8; 16];
    bytes.copy_from_slice(&digest[..16]);
    Builder::from_custom_bytes(bytes).into_uuid()
}

/// A test of an endpoint.
#[must_use]
pub fn test(endpoint: Uuid, now: Timestamp) -> Notification {
    let id = Uuid::now_v7();
    let source = format!("/v1/notification-endpoints/{endpoint}");
    let body = body(id, &source, TEST, now, json!({"endpoint_id": endpoint}));
    Notification { id, organization: None, name: TEST, kind: None, body }
}

#[cfg(test)]
mod tests;
