//! Brings a database to this code's schema, and fixes the number of its partitions once and for all.

use sqlx::migrate::Migrator;
use sqlx::postgres::PgPool;
use sqlx::{Connection, PgConnection};

static MIGRATOR: Migrator = sqlx::migrate!("../migrations");

/// A single server's cores are busy with four writers.
pub const PARTITIONS_DEFAULT: u16 = 4;
/// Each partition has a writer with a connection of its own on every node.
pub const PARTITIONS_MAX: u16 = 1024;

#[derive(Debug, thiserror::Error)]
pub enum MigrateError {
    #[error("the number of partitions is 1 to {PARTITIONS_MAX}")]
    PartitionsOutOfRange,
    #[error("this database has {existing} partitions for ever; {requested} were asked for")]
    PartitionsFixed { existing: u16, requested: u16 },
    #[error("a migration failed")]
    Failed(#[from] sqlx::migrate::MigrateError),
    #[error("the database is unavailable")]
    Unavailable(#[from] sqlx::Error),
}

/// Runs what is missing, under a lock of the migrator's, and answers the number of partitions. `None` asks for
/// [`PARTITIONS_DEFAULT`] on a fresh database and for whatever there is on another.
///
/// # Errors
/// [`MigrateError`]; a database that has another number of partitions keeps it.
pub async fn migrate(pool: &PgPool, partitions: Option<u16>) -> Result<u16, MigrateError> {
    if partitions.is_some_and(|partitions| !(1..=PARTITIONS_MAX).contains(&partitions)) {
        return Err(MigrateError::PartitionsOutOfRange);
    }
    let mut connection = pool.acquire().await?.detach();
    // Building an index takes as long as it takes; the connection is not used for anything else.
    sqlx::raw_sql("SET statement_timeout = 0; SET lock_timeout = 0").execute(&mut connection).await?;
    MIGRATOR.run_direct(&mut connection).await?;
    let existing = fix_partitions(&mut connection, partitions.unwrap_or(PARTITIONS_DEFAULT)).await?;
    connection.close().await?;
    match partitions {
        Some(requested) if requested != existing => Err(MigrateError::PartitionsFixed { existing, requested }),
        Some(_) | None => Ok(existing),
    }
}

async fn fix_partitions(connection: &mut PgConnection, partitions: u16) -> Result<u16, sqlx::Error> {
    let mut transaction = connection.begin().await?;
    // Two first runs at once: the second sees the rows of the first.
    sqlx::query("LOCK TABLE store.heads IN EXCLUSIVE MODE").execute(&mut *transaction).await?;
    sqlx::query(
        "INSERT INTO store.heads (partition, partitions)
         SELECT p, $1 FROM generate_series(0, $1 - 1) AS p WHERE NOT EXISTS (SELECT FROM store.heads)",
    )
    .bind(i32::from(partitions))
    .execute(&mut *transaction)
    .await?;
    sqlx::query(
        "INSERT INTO store.sweeps (partition) SELECT h.partition FROM store.heads h ON CONFLICT (partition) DO NOTHING",
    )
    .execute(&mut *transaction)
    .await?;
    let existing = read_partitions(&mut transaction).await?;
    transaction.commit().await?;
    Ok(existing)
}

/// The number of partitions, read from the database (CORRECTNESS C6).
pub(super) async fn read_partitions(connection: &mut PgConnection) -> Result<u16, sqlx::Error> {
    let count: i16 = sqlx::query_scalar("SELECT h.partitions FROM store.heads h WHERE h.partition = 0")
        .fetch_one(connection)
        .await?;
    u16::try_from(count).map_err(|error| sqlx::Error::Decode(Box::new(error)))
}
