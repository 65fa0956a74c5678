//! Pieces that several answers share.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use domain::grant::{Allocation, Money};
use domain::usage::{Reference, Usage};
use serde::Serialize;
use serde_json::{Map, Value};
use store::RecordedEvent;
use utoipa::ToSchema;
use uuid::Uuid;

/// Credits of one grant.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct AllocationView {
    pub grant_id: Uuid,
    pub amount: i64,
}

pub(crate) fn allocations(of: &[Allocation]) -> Vec<AllocationView> {
    of.iter().map(|a| AllocationView { grant_id: a.grant_id.entity(), amount: a.amount.get() }).collect()
}

/// An amount of money.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct Price {
    /// In the currency's smallest unit.
    pub amount_minor: i64,
    #[schema(example = "USD")]
    pub currency: String,
}

impl From<Money> for Price {
    fn from(money: Money) -> Self {
        Self { amount_minor: money.amount_minor, currency: money.currency.into() }
    }
}

/// The caller's own record.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct ReferenceView<'a> {
    #[serde(rename = "type")]
    pub kind: &'a str,
    pub id: &'a str,
}

impl<'a> From<&'a Reference> for ReferenceView<'a> {
    fn from(reference: &'a Reference) -> Self {
        Self { kind: reference.kind.as_str(), id: reference.id.as_str() }
    }
}

/// The labels of a consumption or reservation, as they were given.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
pub struct UsageView<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub operation: Option<&'a str>,
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub quantities: BTreeMap<&'a str, u64>,
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub dimensions: BTreeMap<&'a str, &'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub subject: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub description: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reference: Option<ReferenceView<'a>>,
    #[serde(skip_serializing_if = "Map::is_empty")]
    #[schema(value_type = Object)]
    pub metadata: &'a Map<String, Value>,
    /// The hour that the usage counts in, where the caller said so.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub occurred_at: Option<DateTime<Utc>>,
}

impl<'a> From<&'a Usage> for UsageView<'a> {
    fn from(usage: &'a Usage) -> Self {
        Self {
            operation: usage.operation(),
            quantities: usage.quantities.iter().map(|(unit, n)| (unit.as_str(), *n)).collect(),
            dimensions: usage.dimensions.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect(),
            subject: usage.subject.as_ref().map(|text| text.as_str()),
            description: usage.description.as_ref().map(|text| text.as_str()),
            reference: usage.reference.as_ref().map(ReferenceView::from),
            metadata: usage.metadata.object(),
            occurred_at: usage.used_at,
        }
    }
}

/// What every answer to a command says of the stream after it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct After<'a> {
    pub organization_id: &'a str,
    /// What remains in effective grants, held parts included, minus the debt.
    pub balance_after: i64,
    pub reserved_after: i64,
    /// What a consumption without an operation could take, overdraft included.
    pub available_after: i64,
    /// When it happened.
    pub created_at: DateTime<Utc>,
    /// The place of the command's last event in the organization's stream; a read that is given it as `min_sequence`
    /// sees this command.
    pub sequence: u64,
}

impl<'a> After<'a> {
    /// Of a command's events, from the one that answers to the last.
    #[must_use]
    pub fn of(main: &'a RecordedEvent, last: &'a RecordedEvent) -> Self {
        Self {
            organization_id: main.organization.as_str(),
            balance_after: last.event.balance_after.get(),
            reserved_after: last.event.reserved_after.get(),
            available_after: last.event.available_after.get(),
            created_at: main.event.occurred_at,
            sequence: last.sequence,
        }
    }
}
