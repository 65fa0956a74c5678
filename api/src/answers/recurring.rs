//! An organization's monthly grant.

use chrono::{DateTime, Utc};
use domain::events::RecurringGrantConfigured;
use domain::free_credits::{Recurring, Rollover};
use serde::Serialize;
use store::StrongBalance;
use utoipa::ToSchema;

use super::parts::After;

/// The monthly grant with its schedule.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
pub struct RecurringGrantView {
    pub amount: i64,
    /// `none`, `all`, or `{"capped": n}`.
    #[schema(value_type = Object)]
    pub rollover: Rollover,
    pub priority: u16,
    pub applies_to: Vec<String>,
    /// When the first period began or begins.
    pub starts_at: DateTime<Utc>,
    /// When the next grant is given.
    pub next_at: Option<DateTime<Utc>>,
}

impl From<&Recurring> for RecurringGrantView {
    fn from(recurring: &Recurring) -> Self {
        let grant = &recurring.grant;
        Self {
            amount: grant.amount.get(),
            rollover: grant.rollover,
            priority: grant.priority,
            applies_to: grant.applies_to.iter().map(|pattern| pattern.as_str().to_owned()).collect(),
            starts_at: recurring.anchor,
            next_at: recurring.next_start(),
        }
    }
}

/// The monthly grant, once configured.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
pub struct RecurringGrantAnswer<'a> {
    /// `null`: nothing more is granted. As it was configured: a first period that begins at once comes after it.
    pub grant: Option<RecurringGrantView>,
    #[serde(flatten)]
    pub after: After<'a>,
}

impl<'a> RecurringGrantAnswer<'a> {
    pub(crate) fn of(fact: &'a RecurringGrantConfigured, after: After<'a>) -> Self {
        Self { grant: fact.recurring.as_ref().map(RecurringGrantView::from), after }
    }
}

/// The monthly grant in force.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
pub struct RecurringGrantState {
    pub organization_id: String,
    /// `null`: none.
    pub grant: Option<RecurringGrantView>,
    pub last_sequence: u64,
}

impl RecurringGrantState {
    #[must_use]
    pub fn of(organization: &str, strong: &StrongBalance) -> Self {
        let grant = strong.state.recurring().map(RecurringGrantView::from);
        Self { organization_id: organization.to_owned(), grant, last_sequence: strong.sequence }
    }
}
