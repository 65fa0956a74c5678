//! `credit_transactions`: each movement of a balance, one row.
//!
//! Invariant: the amounts of an organization add up to its balance, and each row's `balance_after` is the sum so far.
//! Absent: reservations, repaid debt, merged grants and grants that lie ahead: they move no balance.

mod row;

use std::sync::Arc;

use async_trait::async_trait;
use sqlx::PgConnection;
use store::RecordedEvent;

use crate::projector::{ApplyError, Projector, Target};
use crate::projectors::rows;

pub use row::{TransactionRow, row};

/// Keeps `credit_transactions`.
pub struct Transactions;

const VIEW: &str = "credit_transactions";

#[async_trait]
impl Projector for Transactions {
    fn name(&self) -> &'static str {
        "transactions"
    }

    fn version(&self) -> i32 {
        1
    }

    fn views(&self) -> &'static [&'static str] {
        &[VIEW]
    }

    fn fills_without_keys(&self) -> bool {
        true
    }

    async fn apply(
        &self,
        connection: &mut PgConnection,
        target: &Target,
        events: &[Arc<RecordedEvent>],
    ) -> Result<(), ApplyError> {
        let mut rows: Vec<TransactionRow<'_>> = events.iter().filter_map(|event| row(event)).collect();
        // Neighbours in the indexes are written one after the other, which halves the cost of finding their places.
        rows.sort_unstable_by_key(|row| (row.organization_id, row.sequence));
        // A row never changes: one that is there already says the same.
        rows::insert(connection, &target.table(VIEW), &rows, "DO NOTHING").await?;
        Ok(())
    }
}
