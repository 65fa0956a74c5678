//! Consumptions, direct or by confirming a reservation, and their refunds.

use domain::events::{ConsumptionRefunded, CreditsConsumed, ReservationConfirmed};
use domain::price::Receipt;
use serde::Serialize;
use utoipa::ToSchema;
use uuid::Uuid;

use super::parts::{After, AllocationView, UsageView, allocations};

/// Credits spent, and the grants that paid.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
pub struct ConsumptionAnswer<'a> {
    pub id: Uuid,
    /// What was spent: `allocations` and `overdraft`.
    pub amount: i64,
    /// In burn order.
    pub allocations: Vec<AllocationView>,
    /// Spent below zero.
    pub overdraft: i64,
    /// Of a confirmed reservation.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub confirmation: Option<Confirmation>,
    /// What the usage cost, rate by rate, where the price book said so.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<Object>)]
    pub price: Option<&'a Receipt>,
    #[serde(flatten)]
    pub usage: UsageView<'a>,
    #[serde(flatten)]
    pub after: After<'a>,
}

/// How a confirmed amount relates to what was held.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
pub struct Confirmation {
    pub reservation_id: Uuid,
    /// What was held.
    pub reserved: i64,
    /// What the confirmation asked for: `amount` and `shortfall`.
    pub requested: i64,
    /// How much was paid from the hold; the rest of `amount` is beyond it.
    pub from_hold: i64,
    /// Credits that went back.
    pub released: i64,
    /// Work that nothing paid for (`take_available`).
    pub shortfall: i64,
}

impl<'a> ConsumptionAnswer<'a> {
    pub(crate) fn consumed(fact: &'a CreditsConsumed, after: After<'a>) -> Self {
        Self {
            id: fact.consumption_id.entity(),
            amount: fact.amount.get(),
            allocations: allocations(&fact.allocations),
            overdraft: fact.overdraft.get(),
            confirmation: None,
            price: fact.receipt.as_deref(),
            usage: UsageView::from(&*fact.usage),
            after,
        }
    }

    pub(crate) fn confirmed(fact: &'a ReservationConfirmed, after: After<'a>) -> Self {
        let confirmation = Confirmation {
            reservation_id: fact.reservation_id.entity(),
            reserved: fact.reserved.get(),
            requested: fact.requested.get(),
            from_hold: fact.from_hold.get(),
            released: domain::grant::total(&fact.released).get(),
            shortfall: fact.shortfall.get(),
        };
        Self {
            id: fact.reservation_id.consumption().entity(),
            amount: fact.amount.get(),
            allocations: allocations(&fact.allocations),
            overdraft: fact.overdraft.get(),
            confirmation: Some(confirmation),
            price: fact.receipt.as_deref(),
            usage: UsageView::from(&*fact.usage),
            after,
        }
    }
}

/// Credits given back, and where they went.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
pub struct ConsumptionRefundAnswer<'a> {
    pub consumption_id: Uuid,
    pub amount: i64,
    /// By this and all earlier refunds.
    pub refunded_in_all: i64,
    /// Back into the grants that they came from.
    pub returned: Vec<AllocationView>,
    /// Back to grants that had been voided, and so gone.
    pub voided: Vec<AllocationView>,
    pub debt_reduced: i64,
    /// As grants of their own, because the first ones have ended.
    pub restored: i64,
    pub reason: &'a str,
    #[serde(flatten)]
    pub after: After<'a>,
}

impl<'a> ConsumptionRefundAnswer<'a> {
    pub(crate) fn of(fact: &'a ConsumptionRefunded, after: After<'a>) -> Self {
        Self {
            consumption_id: fact.consumption_id.entity(),
            amount: fact.amount.get(),
            refunded_in_all: fact.refunded_in_all.get(),
            returned: allocations(&fact.returned),
            voided: allocations(&fact.voided),
            debt_reduced: fact.debt_reduced.get(),
            restored: fact.restored.get(),
            reason: fact.reason.as_str(),
            after,
        }
    }
}
