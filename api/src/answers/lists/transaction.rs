//! Movements of the balance.

use chrono::{DateTime, Utc};
use projections::queries::Transaction;
use serde::Serialize;
use serde_json::Value;
use utoipa::ToSchema;
use uuid::Uuid;

use super::ReferenceRow;
use crate::csv::{Cell, Row};

/// One movement of the balance.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
pub struct TransactionRow {
    /// Of the event.
    pub id: Uuid,
    /// The place of the event in the organization's stream; what moves nothing leaves gaps.
    pub sequence: i64,
    pub created_at: DateTime<Utc>,
    /// `purchase`, `grant`, `consumption`, `refund`, `expiration`, `void`, `revocation`, `reinstatement` or `adjustment`.
    pub r#type: String,
    /// Signed; zero only for a consumption that cost nothing.
    pub amount: i64,
    pub balance_after: i64,
    /// The purchase, grant or consumption that moved.
    pub entity_id: Option<Uuid>,
    /// The caller's description of a consumption, else the reason that was given.
    pub description: Option<String>,
    pub reference: Option<ReferenceRow>,
    pub operation: Option<String>,
    pub subject: Option<String>,
    /// Who did it: `key:<id>`, `token:<subject>`, `system:<process>` or `cli:<user>`.
    pub actor: String,
    #[schema(value_type = Object)]
    pub metadata: Value,
}

impl From<Transaction> for TransactionRow {
    fn from(row: Transaction) -> Self {
        Self {
            id: row.id,
            sequence: row.sequence,
            created_at: row.created_at,
            r#type: row.kind,
            amount: row.amount,
            balance_after: row.balance_after,
            entity_id: row.entity_id,
            description: row.description,
            reference: ReferenceRow::of(row.reference_type, row.reference_id),
            operation: row.operation,
            subject: row.subject,
            actor: row.actor,
            metadata: row.metadata,
        }
    }
}

impl Row for TransactionRow {
    const COLUMNS: &'static [&'static str] = &[
        "id",
        "sequence",
        "created_at",
        "type",
        "amount",
        "balance_after",
        "entity_id",
        "description",
        "reference_type",
        "reference_id",
        "operation",
        "subject",
        "actor",
        "metadata",
    ];

    fn cells(&self) -> Vec<Cell<'_>> {
        let reference = self.reference.as_ref();
        vec![
            Cell::Id(self.id),
            Cell::Number(self.sequence.into()),
            Cell::Time(self.created_at),
            Cell::text(&self.r#type),
            Cell::Number(self.amount.into()),
            Cell::Number(self.balance_after.into()),
            Cell::maybe(self.entity_id, Cell::Id),
            Cell::maybe(self.description.as_deref(), Cell::text),
            Cell::maybe(ReferenceRow::kind(reference), Cell::text),
            Cell::maybe(ReferenceRow::id(reference), Cell::text),
            Cell::maybe(self.operation.as_deref(), Cell::text),
            Cell::maybe(self.subject.as_deref(), Cell::text),
            Cell::text(&self.actor),
            Cell::json(&self.metadata),
        ]
    }
}
