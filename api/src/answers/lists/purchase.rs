//! Payments.

use chrono::{DateTime, Utc};
use projections::queries::Purchase;
use serde::Serialize;
use serde_json::Value;
use utoipa::ToSchema;
use uuid::Uuid;

use crate::answers::parts::Price;
use crate::csv::{Cell, Row};

/// A payment for credits, and what became of it.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
pub struct PurchaseRow {
    /// Also the id of the grant that it makes once it is completed.
    pub id: Uuid,
    /// `started`, `completed`, `failed`, `expired`, `partly_revoked` or `revoked`.
    pub status: String,
    pub credits: i64,
    pub price: Price,
    /// Credits that refunds and disputes took back, spent ones included, less what was reinstated.
    pub revoked_credits: i64,
    /// How much of the price went back with them, where that is known, in minor units.
    pub refunded_minor: i64,
    pub payment_reference: String,
    pub package_id: Option<String>,
    pub created_at: DateTime<Utc>,
    pub completed_at: Option<DateTime<Utc>>,
    pub updated_at: DateTime<Utc>,
    /// When the credits end.
    pub expires_at: Option<DateTime<Utc>>,
    /// Why it last failed, expired, was revoked or reinstated.
    pub reason: Option<String>,
    pub actor: String,
    #[schema(value_type = Object)]
    pub metadata: Value,
    /// The place of its first event in the organization's stream.
    pub sequence: i64,
}

impl From<Purchase> for PurchaseRow {
    fn from(row: Purchase) -> Self {
        Self {
            id: row.purchase_id,
            status: row.status,
            credits: row.credits,
            price: Price { amount_minor: row.price_minor, currency: row.currency },
            revoked_credits: row.revoked_credits,
            refunded_minor: row.refunded_minor,
            payment_reference: row.payment_reference,
            package_id: row.package_id,
            created_at: row.created_at,
            completed_at: row.completed_at,
            updated_at: row.updated_at,
            expires_at: row.expires_at,
            reason: row.reason,
            actor: row.actor,
            metadata: row.metadata,
            sequence: row.sequence,
        }
    }
}

impl Row for PurchaseRow {
    const COLUMNS: &'static [&'static str] = &[
        "id",
        "status",
        "credits",
        "price_minor",
        "currency",
        "revoked_credits",
        "refunded_minor",
        "payment_reference",
        "package_id",
        "created_at",
        "completed_at",
        "updated_at",
        "expires_at",
        "reason",
        "actor",
        "metadata",
        "sequence",
    ];

    fn cells(&self) -> Vec<Cell<'_>> {
        vec![
            Cell::Id(self.id),
            Cell::text(&self.status),
            Cell::Number(self.credits.into()),
            Cell::Number(self.price.amount_minor.into()),
            Cell::text(&self.price.currency),
            Cell::Number(self.revoked_credits.into()),
            Cell::Number(self.refunded_minor.into()),
            Cell::text(&self.payment_reference),
            Cell::maybe(self.package_id.as_deref(), Cell::text),
            Cell::Time(self.created_at),
            Cell::maybe(self.completed_at, Cell::Time),
            Cell::Time(self.updated_at),
            Cell::maybe(self.expires_at, Cell::Time),
            Cell::maybe(self.reason.as_deref(), Cell::text),
            Cell::text(&self.actor),
            Cell::json(&self.metadata),
            Cell::Number(self.sequence.into()),
        ]
    }
}
