//! Lots of credits.

use chrono::{DateTime, Utc};
use projections::queries::Grant;
use serde::Serialize;
use serde_json::Value;
use utoipa::ToSchema;
use uuid::Uuid;

use crate::answers::parts::Price;
use crate::csv::{Cell, Row};

/// What was paid for how many credits.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct CostBasisRow {
    pub price: Price,
    pub credits: i64,
}

/// One lot: `amount` = `remaining` + `used` + `expired` + `voided` + `revoked` + `merged`.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
pub struct GrantRow {
    pub id: Uuid,
    /// `paid` or `promotional`.
    pub category: String,
    /// How it came: `grant`, `purchase`, `adjustment`, `refund` or `reinstatement`.
    pub cause: String,
    /// `scheduled`, `active`, `depleted`, `expired`, `voided` or `merged`.
    pub status: String,
    pub amount: i64,
    /// Held credits included.
    pub remaining: i64,
    pub held: i64,
    /// Spent, or taken for debt or by adjustments, less what came back.
    pub used: i64,
    pub expired: i64,
    pub voided: i64,
    pub revoked: i64,
    /// Moved into an equal grant; below zero: moved in from one.
    pub merged: i64,
    pub priority: i16,
    pub granted_at: DateTime<Utc>,
    pub effective_at: DateTime<Utc>,
    pub expires_at: Option<DateTime<Utc>>,
    pub ended_at: Option<DateTime<Utc>>,
    pub applies_to: Vec<String>,
    pub purchase_id: Option<Uuid>,
    /// The first grant of its line, where credits came back as a grant of their own.
    pub origin_grant_id: Option<Uuid>,
    pub cost_basis: Option<CostBasisRow>,
    pub reason: Option<String>,
    pub actor: String,
    #[schema(value_type = Object)]
    pub metadata: Value,
    /// The place of the event that made it in the organization's stream.
    pub sequence: i64,
}

impl From<Grant> for GrantRow {
    fn from(row: Grant) -> Self {
        let price = row.cost_minor.zip(row.currency).map(|(amount_minor, currency)| Price { amount_minor, currency });
        Self {
            id: row.grant_id,
            category: row.category,
            cause: row.cause,
            status: row.status,
            amount: row.amount,
            remaining: row.remaining,
            held: row.held,
            used: row.used,
            expired: row.expired,
            voided: row.voided,
            revoked: row.revoked,
            merged: row.merged,
            priority: row.priority,
            granted_at: row.granted_at,
            effective_at: row.effective_at,
            expires_at: row.expires_at,
            ended_at: row.ended_at,
            applies_to: row.applies_to,
            purchase_id: row.purchase_id,
            origin_grant_id: row.origin_grant_id,
            cost_basis: price.zip(row.cost_credits).map(|(price, credits)| CostBasisRow { price, credits }),
            reason: row.reason,
            actor: row.actor,
            metadata: row.metadata,
            sequence: row.sequence,
        }
    }
}

impl Row for GrantRow {
    const COLUMNS: &'static [&'static str] = &[
        "id",
        "category",
        "cause",
        "status",
        "amount",
        "remaining",
        "held",
        "used",
        "expired",
        "voided",
        "revoked",
        "merged",
        "priority",
        "granted_at",
        "effective_at",
        "expires_at",
        "ended_at",
        "applies_to",
        "purchase_id",
        "origin_grant_id",
        "cost_minor",
        "cost_credits",
        "currency",
        "reason",
        "actor",
        "metadata",
        "sequence",
    ];

    fn cells(&self) -> Vec<Cell<'_>> {
        let cost = self.cost_basis.as_ref();
        vec![
            Cell::Id(self.id),
            Cell::text(&self.category),
            Cell::text(&self.cause),
            Cell::text(&self.status),
            Cell::Number(self.amount.into()),
            Cell::Number(self.remaining.into()),
            Cell::Number(self.held.into()),
            Cell::Number(self.used.into()),
            Cell::Number(self.expired.into()),
            Cell::Number(self.voided.into()),
            Cell::Number(self.revoked.into()),
            Cell::Number(self.merged.into()),
            Cell::Number(self.priority.into()),
            Cell::Time(self.granted_at),
            Cell::Time(self.effective_at),
            Cell::maybe(self.expires_at, Cell::Time),
            Cell::maybe(self.ended_at, Cell::Time),
            Cell::json(&self.applies_to),
            Cell::maybe(self.purchase_id, Cell::Id),
            Cell::maybe(self.origin_grant_id, Cell::Id),
            Cell::maybe(cost, |cost| Cell::Number(cost.price.amount_minor.into())),
            Cell::maybe(cost, |cost| Cell::Number(cost.credits.into())),
            Cell::maybe(cost, |cost| Cell::text(&cost.price.currency)),
            Cell::maybe(self.reason.as_deref(), Cell::text),
            Cell::text(&self.actor),
            Cell::json(&self.metadata),
            Cell::Number(self.sequence.into()),
        ]
    }
}

/// The open grant that ends next.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct NextToExpire {
    pub grant_id: Uuid,
    pub expires_at: Option<DateTime<Utc>>,
    pub remaining: i64,
    /// Of these: held by reservations; they do not end with the grant while they are held.
    pub held: i64,
}

impl From<Grant> for NextToExpire {
    fn from(row: Grant) -> Self {
        Self { grant_id: row.grant_id, expires_at: row.expires_at, remaining: row.remaining, held: row.held }
    }
}
