//! Reservations.

use chrono::{DateTime, Utc};
use domain::commands::Over;
use domain::events::{CreditsReserved, ReservationCancelled};
use domain::price::Receipt;
use serde::Serialize;
use utoipa::ToSchema;
use uuid::Uuid;

use super::parts::{After, AllocationView, UsageView, allocations};

/// Credits held.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
pub struct ReservationAnswer<'a> {
    pub id: Uuid,
    #[schema(example = "pending")]
    pub status: &'static str,
    /// What is held: `allocations` and `overdraft_held`.
    pub amount: i64,
    pub allocations: Vec<AllocationView>,
    pub overdraft_held: i64,
    /// From this instant on the hold is over.
    pub expires_at: DateTime<Utc>,
    #[schema(value_type = Object)]
    pub over: Over,
    /// What the usage would cost, rate by rate, where the price book said so. Its `version` prices the confirmation, too.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<Object>)]
    pub price: Option<&'a Receipt>,
    #[serde(flatten)]
    pub usage: UsageView<'a>,
    #[serde(flatten)]
    pub after: After<'a>,
}

impl<'a> ReservationAnswer<'a> {
    pub(crate) fn of(fact: &'a CreditsReserved, after: After<'a>) -> Self {
        Self {
            id: fact.reservation_id.entity(),
            status: "pending",
            amount: fact.amount.get(),
            allocations: allocations(&fact.allocations),
            overdraft_held: fact.overdraft_held.get(),
            expires_at: fact.expires_at,
            over: fact.over,
            price: fact.receipt.as_deref(),
            usage: UsageView::from(&*fact.usage),
            after,
        }
    }
}

/// A hold that was given up.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
pub struct ReservationEndAnswer<'a> {
    pub id: Uuid,
    #[schema(example = "cancelled")]
    pub status: &'static str,
    /// What was held.
    pub amount: i64,
    pub released: Vec<AllocationView>,
    #[serde(flatten)]
    pub after: After<'a>,
}

impl<'a> ReservationEndAnswer<'a> {
    pub(crate) fn cancelled(fact: &'a ReservationCancelled, after: After<'a>) -> Self {
        Self {
            id: fact.reservation_id.entity(),
            status: "cancelled",
            amount: fact.amount.get(),
            released: allocations(&fact.released),
            after,
        }
    }
}
