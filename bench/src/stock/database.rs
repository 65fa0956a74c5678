//! The tables of postgres-es's own `init.sql`, and a pool.

use sqlx::PgPool;
use sqlx::postgres::PgPoolOptions;

/// The crate's default of 10 starves 256 requests at once; more than this only adds contention on two cores.
const CONNECTIONS_MAX: u32 = 24;

/// The view's table.
pub const VIEW_TABLE: &str = "balance_view";

const TABLES: [&str; 3] = [
    "CREATE TABLE IF NOT EXISTS events (
        aggregate_type text                         NOT NULL,
        aggregate_id   text                         NOT NULL,
        sequence       bigint CHECK (sequence >= 0) NOT NULL,
        event_type     text                         NOT NULL,
        event_version  text                         NOT NULL,
        payload        json                         NOT NULL,
        metadata       json                         NOT NULL,
        PRIMARY KEY (aggregate_type, aggregate_id, sequence)
    )",
    "CREATE TABLE IF NOT EXISTS snapshots (
        aggregate_type   text                                 NOT NULL,
        aggregate_id     text                                 NOT NULL,
        last_sequence    bigint CHECK (last_sequence >= 0)    NOT NULL,
        current_snapshot bigint CHECK (current_snapshot >= 0) NOT NULL,
        payload          json                                 NOT NULL,
        PRIMARY KEY (aggregate_type, aggregate_id, last_sequence)
    )",
    "CREATE TABLE IF NOT EXISTS balance_view (
        view_id text                        NOT NULL,
        version bigint CHECK (version >= 0) NOT NULL,
        payload json                        NOT NULL,
        PRIMARY KEY (view_id)
    )",
];

/// Connects.
///
/// # Errors
/// When the database cannot be reached.
pub async fn connect(url: &str) -> sqlx::Result<PgPool> {
    PgPoolOptions::new().max_connections(CONNECTIONS_MAX).connect(url).await
}

/// Makes the tables where they are missing, in the connection's first schema.
///
/// # Errors
/// When the database refuses.
pub async fn create_tables(pool: &PgPool) -> sqlx::Result<()> {
    for table in TABLES {
        sqlx::query(table).execute(pool).await?;
    }
    Ok(())
}
