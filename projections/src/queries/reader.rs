//! Connections for reading: a pool of their own, to the primary or to a replica.
//!
//! Invariant: nothing is written through it, and no statement runs longer than [`STATEMENT_TIMEOUT`].
//! Invariant: sums over many rows, however many are asked for, leave connections for balances and pages.

use std::sync::Arc;
use std::time::Duration;

use domain::OrganizationId;
use sqlx::postgres::{PgConnectOptions, PgPool, PgRow};
use sqlx::{FromRow, Postgres, QueryBuilder};
use store::postgres::replica_pool_options;
use tokio::sync::{Semaphore, SemaphorePermit};
use tokio::time::timeout;

use super::QueryError;

/// No query of a page takes a tenth of it; what takes longer holds a connection that others wait for.
const STATEMENT_TIMEOUT: &str = "5s";
/// A read waits for a lock only while a swap replaces a view, which gives up after a second itself.
const LOCK_TIMEOUT: &str = "2s";
/// A read that stands idle in a transaction has lost its process.
const IDLE_IN_TRANSACTION_TIMEOUT: &str = "5s";
/// Pages take a few milliseconds, so these serve thousands of them a second.
const CONNECTIONS_MAX: u32 = 16;
/// Of them for sums, which read as many rows as an organization has in a span of time: half, so that one organization's
/// reports cost others nothing but time of the processor.
const SUMS_MAX: usize = 8;
/// Whoever gets no connection in this time is better told so.
const ACQUIRE_TIMEOUT: Duration = Duration::from_secs(5);

/// The read tables of one installation.
#[derive(Clone, Debug)]
pub struct Reader {
    pool: PgPool,
    sums: Arc<Semaphore>,
    partitions: u16,
}

impl Reader {
    /// Connects when it is first used.
    #[must_use]
    pub fn new(options: PgConnectOptions, partitions: u16) -> Self {
        let options = options.application_name("credit-ledger-reads").options([
            ("default_transaction_read_only", "on"),
            // A plan that was made while a table was small would go on reading all of it.
            ("enable_seqscan", "off"),
            // Compiling takes longer than a page.
            ("jit", "off"),
            ("statement_timeout", STATEMENT_TIMEOUT),
            ("lock_timeout", LOCK_TIMEOUT),
            ("idle_in_transaction_session_timeout", IDLE_IN_TRANSACTION_TIMEOUT),
        ]);
        let pool = replica_pool_options().max_connections(CONNECTIONS_MAX).acquire_timeout(ACQUIRE_TIMEOUT);
        Self { pool: pool.connect_lazy_with(options), sums: Arc::new(Semaphore::new(SUMS_MAX)), partitions }
    }

    #[must_use]
    pub fn pool(&self) -> &PgPool {
        &self.pool
    }

    #[must_use]
    pub fn partitions(&self) -> u16 {
        self.partitions
    }

    /// As the read tables have it.
    pub(super) fn partition(&self, organization: &OrganizationId) -> i16 {
        small(organization.partition(self.partitions))
    }

    /// Room for a statement that sums up many rows.
    pub(super) async fn room_for_sums(&self) -> Result<SemaphorePermit<'_>, QueryError> {
        let room = timeout(ACQUIRE_TIMEOUT, self.sums.acquire()).await.map_err(|_| QueryError::Busy)?;
        Ok(room.expect("it is never closed"))
    }

    pub(super) async fn rows<T>(&self, mut statement: QueryBuilder<'_, Postgres>) -> Result<Vec<T>, QueryError>
    where
        T: for<'r> FromRow<'r, PgRow> + Send + Unpin,
    {
        Ok(statement.build_query_as().fetch_all(&self.pool).await?)
    }

    pub(super) async fn row<T>(&self, mut statement: QueryBuilder<'_, Postgres>) -> Result<Option<T>, QueryError>
    where
        T: for<'r> FromRow<'r, PgRow> + Send + Unpin,
    {
        Ok(statement.build_query_as().fetch_optional(&self.pool).await?)
    }

    /// Closes the connections once they are free.
    pub async fn close(&self) {
        self.pool.close().await;
    }
}

/// A partition as PostgreSQL's `smallint`.
pub(super) fn small(partition: u16) -> i16 {
    i16::try_from(partition).expect("the migrations allow 1,024 partitions")
}
