//! What a read model is to the runner.
//!
//! Invariant: applying is a function of the rows and the events; a projector reads no clock and asks no other table.

use std::sync::Arc;

use async_trait::async_trait;
use sqlx::PgConnection;
use store::RecordedEvent;

/// One read model: rows that follow from the log and from nothing else.
#[async_trait]
pub trait Projector: Send + Sync + 'static {
    /// Key of its checkpoints, and the argument of `rebuild`.
    fn name(&self) -> &'static str;

    /// Raised when the rows that an older code made are no longer what this one makes.
    fn version(&self) -> i32;

    /// The contract names (views in schema `ledger`) over its tables, such as `credit_transactions`.
    fn views(&self) -> &'static [&'static str];

    /// Whether a rebuild may fill its tables before they have keys, which is much faster: it neither looks rows up nor
    /// changes any that are there.
    fn fills_without_keys(&self) -> bool {
        false
    }

    /// Applies events of one partition, contiguous and in their order, each exactly once. A few set-based statements,
    /// never one an event. Runs inside a savepoint: what fails leaves nothing.
    ///
    /// # Errors
    /// [`ApplyError`]; the runner finds the event to blame by itself where the projector does not know it.
    async fn apply(
        &self,
        connection: &mut PgConnection,
        target: &Target,
        events: &[Arc<RecordedEvent>],
    ) -> Result<(), ApplyError>;
}

/// Which generation of a projector's tables is written to (CORRECTNESS C27).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Target {
    generation: i32,
}

impl Target {
    /// The generation that the migrations make.
    pub const FIRST: Self = Self { generation: 1 };

    /// Temporary tables of one session, which a verification compares the live ones with.
    pub const TEMPORARY: Self = Self { generation: 0 };

    #[must_use]
    pub fn new(generation: i32) -> Self {
        Self { generation }
    }

    #[must_use]
    pub fn generation(self) -> i32 {
        self.generation
    }

    /// The table behind a contract name, to be written into a statement.
    #[must_use]
    pub fn table(self, view: &'static str) -> String {
        if self == Self::TEMPORARY {
            return format!("pg_temp.{view}");
        }
        format!("ledger.{view}_v{}", self.generation)
    }
}

/// Why events were not applied.
#[derive(Debug, thiserror::Error)]
pub enum ApplyError {
    /// The event at this position has no row that could be made of it; those before it have.
    #[error("the event at position {position} cannot be projected: {reason}")]
    Poisoned { position: u64, reason: String },
    #[error("the database refused the rows")]
    Database(#[from] sqlx::Error),
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_target_names_the_table_of_its_generation() {
        assert_eq!(Target::FIRST.table("credit_transactions"), "ledger.credit_transactions_v1");
        assert_eq!(Target::TEMPORARY.table("usage_hourly"), "pg_temp.usage_hourly");
        assert_eq!(Target::new(12).table("usage_hourly"), "ledger.usage_hourly_v12");
    }
}
