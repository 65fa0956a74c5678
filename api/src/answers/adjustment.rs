//! Adjustments.

use domain::events::{CreditsAdjustedDown, CreditsAdjustedUp};
use serde::Serialize;
use utoipa::ToSchema;
use uuid::Uuid;

use super::parts::{After, AllocationView, allocations};

/// A correction by an operator.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
pub struct AdjustmentAnswer<'a> {
    /// Signed, as asked.
    pub amount: i64,
    pub reason: &'a str,
    /// The grant that an adjustment up made.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub grant_id: Option<Uuid>,
    /// The grants that an adjustment down took from.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub allocations: Vec<AllocationView>,
    /// Taken below zero.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub overdraft: Option<i64>,
    #[serde(flatten)]
    pub after: After<'a>,
}

impl<'a> AdjustmentAnswer<'a> {
    pub(crate) fn up(fact: &'a CreditsAdjustedUp, after: After<'a>) -> Self {
        Self {
            amount: fact.terms.amount.get(),
            reason: fact.reason.as_str(),
            grant_id: Some(fact.terms.grant_id.entity()),
            allocations: Vec::new(),
            overdraft: None,
            after,
        }
    }

    pub(crate) fn down(fact: &'a CreditsAdjustedDown, after: After<'a>) -> Self {
        Self {
            amount: -fact.amount.get(),
            reason: fact.reason.as_str(),
            grant_id: None,
            allocations: allocations(&fact.allocations),
            overdraft: Some(fact.overdraft.get()),
            after,
        }
    }
}
