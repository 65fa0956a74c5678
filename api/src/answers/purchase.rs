//! Purchases and what became of them.

use chrono::{DateTime, Utc};
use domain::commands::RevokeCause;
use domain::events::{PurchaseCompleted, PurchaseReinstated, PurchaseRevoked};
use serde::Serialize;
use serde_json::{Map, Value};
use utoipa::ToSchema;
use uuid::Uuid;

use super::parts::{After, AllocationView, Price, allocations};

/// A payment and the credits that it bought.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
pub struct PurchaseAnswer<'a> {
    pub id: Uuid,
    /// The grant that holds the credits.
    pub grant_id: Uuid,
    #[schema(example = "completed")]
    pub status: &'static str,
    pub credits: i64,
    pub price: Price,
    pub payment_reference: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub package_id: Option<&'a str>,
    /// Of the package, as it was sold.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub package_version: Option<u32>,
    /// How many of the credits came on top.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub bonus_credits: Option<i64>,
    pub expires_at: Option<DateTime<Utc>>,
    #[schema(value_type = Object)]
    pub metadata: &'a Map<String, Value>,
    #[serde(flatten)]
    pub after: After<'a>,
}

impl<'a> PurchaseAnswer<'a> {
    pub(crate) fn of(fact: &'a PurchaseCompleted, after: After<'a>) -> Self {
        Self {
            id: fact.purchase_id.entity(),
            grant_id: fact.terms.grant_id.entity(),
            status: "completed",
            credits: fact.terms.amount.get(),
            price: fact.price.into(),
            payment_reference: fact.payment_reference.as_str(),
            package_id: fact.package_id.as_ref().map(|text| text.as_str()),
            package_version: fact.package_version,
            bonus_credits: fact.bonus_credits.map(domain::Credits::get),
            expires_at: fact.terms.expires_at,
            metadata: fact.metadata.object(),
            after,
        }
    }
}

/// What a refund or dispute took back.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
pub struct PurchaseRevocationAnswer<'a> {
    pub purchase_id: Uuid,
    /// Credits taken back: `allocations` and `debt`.
    pub amount: i64,
    pub allocations: Vec<AllocationView>,
    /// Credits that were spent already and are owed from here on.
    pub debt: i64,
    /// Credits that had expired or been voided before.
    pub not_owed: i64,
    /// How much of the price went back, in minor units.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub price_minor: Option<i64>,
    /// `refund` or `dispute`.
    #[schema(value_type = String)]
    pub cause: RevokeCause,
    pub reference: &'a str,
    pub reason: &'a str,
    #[serde(flatten)]
    pub after: After<'a>,
}

impl<'a> PurchaseRevocationAnswer<'a> {
    pub(crate) fn of(fact: &'a PurchaseRevoked, after: After<'a>) -> Self {
        Self {
            purchase_id: fact.purchase_id.entity(),
            amount: fact.amount.get(),
            allocations: allocations(&fact.allocations),
            debt: fact.debt.get(),
            not_owed: fact.not_owed.get(),
            price_minor: fact.price_minor,
            cause: fact.cause,
            reference: fact.reference.as_str(),
            reason: fact.reason.as_str(),
            after,
        }
    }
}

/// What came back after a dispute that was won.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
pub struct PurchaseReinstatementAnswer<'a> {
    pub purchase_id: Uuid,
    pub amount: i64,
    pub reference: &'a str,
    pub reason: &'a str,
    #[serde(flatten)]
    pub after: After<'a>,
}

impl<'a> PurchaseReinstatementAnswer<'a> {
    pub(crate) fn of(fact: &'a PurchaseReinstated, after: After<'a>) -> Self {
        Self {
            purchase_id: fact.purchase_id.entity(),
            amount: fact.amount.get(),
            reference: fact.reference.as_str(),
            reason: fact.reason.as_str(),
            after,
        }
    }
}
