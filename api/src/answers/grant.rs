//! Grants.

use chrono::{DateTime, Utc};
use domain::events::{CreditsGranted, GrantVoided};
use domain::grant::{Category, GrantTerms};
use serde::Serialize;
use serde_json::{Map, Value};
use utoipa::ToSchema;
use uuid::Uuid;

use super::parts::After;

/// One lot of credits, as it was granted.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
pub struct GrantAnswer<'a> {
    pub id: Uuid,
    /// `paid` or `promotional`.
    #[schema(value_type = String)]
    pub category: Category,
    pub amount: i64,
    pub priority: u16,
    pub effective_at: DateTime<Utc>,
    pub expires_at: Option<DateTime<Utc>>,
    pub applies_to: Vec<&'a str>,
    pub reason: &'a str,
    #[schema(value_type = Object)]
    pub metadata: &'a Map<String, Value>,
    #[serde(flatten)]
    pub after: After<'a>,
}

impl<'a> GrantAnswer<'a> {
    pub(crate) fn of(fact: &'a CreditsGranted, after: After<'a>) -> Self {
        Self {
            id: fact.terms.grant_id.entity(),
            category: fact.terms.category,
            amount: fact.terms.amount.get(),
            priority: fact.terms.priority,
            effective_at: fact.terms.effective_at,
            expires_at: fact.terms.expires_at,
            applies_to: patterns(&fact.terms),
            reason: fact.reason.as_str(),
            metadata: fact.metadata.object(),
            after,
        }
    }
}

pub(crate) fn patterns(terms: &GrantTerms) -> Vec<&str> {
    terms.applies_to.iter().map(|pattern| pattern.as_str()).collect()
}

/// What a void took.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
pub struct GrantVoidAnswer<'a> {
    pub grant_id: Uuid,
    /// Credits that are gone.
    pub amount: i64,
    /// Credits that open reservations still hold; what they release is voided then.
    pub held: i64,
    pub reason: &'a str,
    #[serde(flatten)]
    pub after: After<'a>,
}

impl<'a> GrantVoidAnswer<'a> {
    pub(crate) fn of(fact: &'a GrantVoided, after: After<'a>) -> Self {
        Self {
            grant_id: fact.grant.grant_id.entity(),
            amount: fact.grant.amount.get(),
            held: fact.held.get(),
            reason: fact.reason.as_str(),
            after,
        }
    }
}
