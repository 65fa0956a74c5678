//! Holds.

use chrono::{DateTime, Utc};
use projections::queries::Reservation;
use serde::Serialize;
use serde_json::Value;
use utoipa::ToSchema;
use uuid::Uuid;

use super::ReferenceRow;
use crate::csv::{Cell, Row};

/// What a confirmation above the amount does.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct OverRow {
    /// `reject`, `take_available` or `overdraft`.
    pub policy: String,
    pub max_amount: Option<i64>,
}

/// Credits held for work in progress, and how that ended.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
pub struct ReservationRow {
    pub id: Uuid,
    /// `pending`, `confirmed`, `cancelled` or `expired`.
    pub status: String,
    pub amount: i64,
    pub overdraft_held: i64,
    pub confirmed_amount: Option<i64>,
    /// Work beyond the hold that nothing paid for.
    pub shortfall: Option<i64>,
    pub created_at: DateTime<Utc>,
    pub expires_at: DateTime<Utc>,
    pub ended_at: Option<DateTime<Utc>>,
    pub over: OverRow,
    pub operation: Option<String>,
    pub subject: Option<String>,
    pub description: Option<String>,
    pub reference: Option<ReferenceRow>,
    #[schema(value_type = Object)]
    pub quantities: Value,
    #[schema(value_type = Object)]
    pub dimensions: Value,
    pub actor: String,
    #[schema(value_type = Object)]
    pub metadata: Value,
    /// The place of the event that made it in the organization's stream.
    pub sequence: i64,
}

impl From<Reservation> for ReservationRow {
    fn from(row: Reservation) -> Self {
        Self {
            id: row.reservation_id,
            status: row.status,
            amount: row.amount,
            overdraft_held: row.overdraft_held,
            confirmed_amount: row.confirmed_amount,
            shortfall: row.shortfall,
            created_at: row.created_at,
            expires_at: row.expires_at,
            ended_at: row.ended_at,
            over: OverRow { policy: row.over_policy, max_amount: row.over_max_amount },
            operation: row.operation,
            subject: row.subject,
            description: row.description,
            reference: ReferenceRow::of(row.reference_type, row.reference_id),
            quantities: row.quantities,
            dimensions: row.dimensions,
            actor: row.actor,
            metadata: row.metadata,
            sequence: row.sequence,
        }
    }
}

impl Row for ReservationRow {
    const COLUMNS: &'static [&'static str] = &[
        "id",
        "status",
        "amount",
        "overdraft_held",
        "confirmed_amount",
        "shortfall",
        "created_at",
        "expires_at",
        "ended_at",
        "over_policy",
        "over_max_amount",
        "operation",
        "subject",
        "description",
        "reference_type",
        "reference_id",
        "quantities",
        "dimensions",
        "actor",
        "metadata",
        "sequence",
    ];

    fn cells(&self) -> Vec<Cell<'_>> {
        let reference = self.reference.as_ref();
        vec![
            Cell::Id(self.id),
            Cell::text(&self.status),
            Cell::Number(self.amount.into()),
            Cell::Number(self.overdraft_held.into()),
            Cell::maybe(self.confirmed_amount, |amount| Cell::Number(amount.into())),
            Cell::maybe(self.shortfall, |amount| Cell::Number(amount.into())),
            Cell::Time(self.created_at),
            Cell::Time(self.expires_at),
            Cell::maybe(self.ended_at, Cell::Time),
            Cell::text(&self.over.policy),
            Cell::maybe(self.over.max_amount, |amount| Cell::Number(amount.into())),
            Cell::maybe(self.operation.as_deref(), Cell::text),
            Cell::maybe(self.subject.as_deref(), Cell::text),
            Cell::maybe(self.description.as_deref(), Cell::text),
            Cell::maybe(ReferenceRow::kind(reference), Cell::text),
            Cell::maybe(ReferenceRow::id(reference), Cell::text),
            Cell::json(&self.quantities),
            Cell::json(&self.dimensions),
            Cell::text(&self.actor),
            Cell::json(&self.metadata),
            Cell::Number(self.sequence.into()),
        ]
    }
}
