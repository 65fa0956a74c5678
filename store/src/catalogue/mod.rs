//! What is for sale and what operations cost: packages and the price book, as rows that are added and never changed.
//!
//! Invariant: a version that somebody could have used says the same for ever.
//! Absent: events, organizations, partitions. Nothing here is on the way of a command but the books that a server keeps
//! in memory.

mod error;
pub mod packages;
pub mod price_books;

use domain::Timestamp;
use sqlx::{PgConnection, PgPool};

pub use error::CatalogueError;

/// Who changes the catalogue, and when.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Author {
    /// As in the metadata of events: `key:<id>` or `cli:<os user>`.
    pub actor: String,
    pub at: Timestamp,
}

/// Changes of the catalogue are rare and one at a time, so that each is decided on what the one before has left.
const LOCK: &str = "SELECT pg_advisory_xact_lock(hashtextextended('ledger.catalogue', 0))";

/// Begins a transaction that changes the catalogue, alone.
async fn alone(pool: &PgPool) -> Result<sqlx::Transaction<'static, sqlx::Postgres>, sqlx::Error> {
    let mut transaction = pool.begin().await?;
    let connection: &mut PgConnection = &mut transaction;
    sqlx::query(LOCK).execute(connection).await?;
    Ok(transaction)
}
