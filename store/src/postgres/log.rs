//! [`PostgresLog`]: one connection a partition for its writer, one for looks at the clock, a pool for everything else.

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use domain::{EntityId, IdempotencyKey, OrganizationId, Timestamp};
use sqlx::Postgres;
use sqlx::pool::PoolConnection;
use sqlx::postgres::{PgConnectOptions, PgPool};
use tokio::sync::Semaphore;
use uuid::Uuid;

use super::answer::{ANSWER_TIMEOUT, answered};
use super::error::of_read;
use super::line::Line;
use super::pool::pool_options;
use super::row::Upcasters;
use super::turn::{PostgresTurn, lock_head};
use super::{append, due, feed, migrate, past, read, session_options};
use crate::log::{
    AppendCommand, DueCorrection, FeedLimit, FeedMatches, FeedSearch, HeadAndKey, Loaded, Log, LogError, Outcome,
    StateAt, Turn,
};
use crate::record::RecordedEvent;

/// Connections beside the partitions' own: loads, look-ups, turns.
pub const READERS_DEFAULT: u32 = 8;
/// At most this part of the pool may wait for heads.
const TURNS_SHARE: u32 = 2;
/// How long a writer's connection may be idle before it is asked whether it lives. Firewalls forget after minutes; an append
/// whose answer is lost is read back.
const WRITER_TRUSTED_FOR: Duration = Duration::from_secs(30);
/// The same for one that only reads, whose lost answer is told to callers: under load it is never idle for as long.
const READER_TRUSTED_FOR: Duration = Duration::from_millis(100);
/// Whoever gets no connection in this time is better told so.
const ACQUIRE_TIMEOUT: Duration = Duration::from_secs(5);

/// The log of a migrated database.
pub struct PostgresLog {
    options: PgConnectOptions,
    pool: PgPool,
    /// Of each partition's writer.
    writers: Vec<Line>,
    /// Of each partition's questions about heads and keys, of which one is under way at a time. Not of the pool, where
    /// each answer costs two more round trips until the next one may ask.
    questions: Vec<Line>,
    /// Whether the node is ready must not depend on who else waits for the pool.
    clock: Line,
    turns: Arc<Semaphore>,
    partitions: u16,
    upcasters: Arc<Upcasters>,
    /// Who holds the lease of a sweep.
    node: Uuid,
}

impl PostgresLog {
    /// Connects to a migrated database, with `readers` connections beside two a partition.
    ///
    /// # Errors
    /// [`LogError::Unavailable`] where the database cannot be reached or is not migrated.
    pub async fn connect(options: PgConnectOptions, readers: u32) -> Result<Self, LogError> {
        let options = session_options(options);
        let readers = readers.max(TURNS_SHARE);
        let pool = pool_options()
            .max_connections(readers)
            .acquire_timeout(ACQUIRE_TIMEOUT)
            .connect_with(options.clone())
            .await
            .map_err(of_read)?;
        let mut connection = pool.acquire().await.map_err(of_read)?;
        let partitions = migrate::read_partitions(&mut connection).await.map_err(of_read)?;
        drop(connection);
        Ok(Self {
            options,
            pool,
            writers: lines(partitions, WRITER_TRUSTED_FOR),
            questions: lines(partitions, READER_TRUSTED_FOR),
            clock: Line::new(WRITER_TRUSTED_FOR),
            turns: Arc::new(Semaphore::new(usize::try_from(readers / TURNS_SHARE).unwrap_or(1))),
            partitions,
            upcasters: domain::upcast::upcasters().into(),
            node: Uuid::now_v7(),
        })
    }

    /// The pool of readers, with the sessions' settings.
    #[must_use]
    pub fn pool(&self) -> &PgPool {
        &self.pool
    }

    async fn reader(&self) -> Result<PoolConnection<Postgres>, LogError> {
        self.pool.acquire().await.map_err(of_read)
    }

    fn partition_of(&self, organization: &OrganizationId) -> u16 {
        organization.partition(self.partitions)
    }
}

fn lines(partitions: u16, trusted_for: Duration) -> Vec<Line> {
    (0..partitions).map(|_| Line::new(trusted_for)).collect()
}

fn line_of(lines: &[Line], partition: u16) -> Result<&Line, LogError> {
    let line = lines.get(usize::from(partition));
    line.ok_or_else(|| LogError::Rejected(format!("there is no partition {partition}").into()))
}

#[async_trait]
impl Log for PostgresLog {
    fn partitions(&self) -> u16 {
        self.partitions
    }

    async fn append(&self, partition: u16, batch: &[AppendCommand]) -> Result<Vec<Outcome>, LogError> {
        let mut line = line_of(&self.writers, partition)?.hold().await;
        let mut connection = line.take(&self.options, ACQUIRE_TIMEOUT).await?;
        let append = tokio::time::timeout(ANSWER_TIMEOUT, append::append(&mut connection, partition, batch));
        let result = append.await.unwrap_or_else(|elapsed| Err(LogError::OutcomeUnknown(Box::new(elapsed))));
        // Any other failure may be the session's: one that began while the database took no writes takes none for ever.
        if matches!(result, Ok(_) | Err(LogError::Rejected(_))) {
            line.keep(connection);
        }
        result
    }

    async fn read_back(&self, partition: u16, batch: &[AppendCommand]) -> Result<Vec<Option<u64>>, LogError> {
        let mut transaction = answered(self.pool.begin()).await?;
        lock_head(&mut transaction, partition).await?;
        let positions = read::appended(&mut transaction, partition, batch).await?;
        answered(transaction.rollback()).await?;
        Ok(positions)
    }

    async fn load(&self, organization: &OrganizationId) -> Result<Loaded, LogError> {
        let mut reader = self.reader().await?;
        read::load(&mut reader, self.partition_of(organization), organization, &self.upcasters).await
    }

    async fn state_at(&self, organization: &OrganizationId, at: Timestamp) -> Result<StateAt, LogError> {
        let mut reader = self.reader().await?;
        past::state_at(&mut reader, self.partition_of(organization), organization, at, &self.upcasters).await
    }

    async fn entity(
        &self,
        organization: &OrganizationId,
        entity: EntityId,
        up_to: u64,
    ) -> Result<Vec<RecordedEvent>, LogError> {
        let mut reader = self.reader().await?;
        let partition = self.partition_of(organization);
        read::entity(&mut reader, partition, organization, entity, up_to, &self.upcasters).await
    }

    async fn heads_and_keys(
        &self,
        partition: u16,
        asked: &[(OrganizationId, Option<IdempotencyKey>)],
    ) -> Result<Vec<Result<HeadAndKey, LogError>>, LogError> {
        let mut line = line_of(&self.questions, partition)?.hold().await;
        let mut connection = line.take(&self.options, ACQUIRE_TIMEOUT).await?;
        let answers = read::heads_and_keys(&mut connection, partition, asked, &self.upcasters).await?;
        line.keep(connection);
        Ok(answers)
    }

    async fn stream(
        &self,
        organization: &OrganizationId,
        after: u64,
        limit: u32,
    ) -> Result<Vec<RecordedEvent>, LogError> {
        let mut reader = self.reader().await?;
        let partition = self.partition_of(organization);
        read::stream(&mut reader, partition, organization, after, limit, &self.upcasters).await
    }

    async fn feed(&self, partition: u16, after: u64, limit: FeedLimit) -> Result<Vec<Arc<RecordedEvent>>, LogError> {
        let mut reader = self.reader().await?;
        Ok(feed::read(&mut reader, partition, after, limit, &self.upcasters).await?.events)
    }

    async fn search(&self, search: &FeedSearch, limit: FeedLimit) -> Result<FeedMatches, LogError> {
        let mut reader = self.reader().await?;
        feed::search(&mut reader, search, limit, &self.upcasters).await
    }

    async fn ends(&self) -> Result<Vec<u64>, LogError> {
        let mut reader = self.reader().await?;
        feed::ends(&mut reader).await
    }

    async fn turn(&self, partition: u16) -> Result<Box<dyn Turn>, LogError> {
        let permit = Arc::clone(&self.turns).acquire_owned().await;
        let permit = permit.expect("the semaphore is never closed");
        let mut transaction = answered(self.pool.begin()).await?;
        lock_head(&mut transaction, partition).await?;
        Ok(Box::new(PostgresTurn { transaction, partition, upcasters: Arc::clone(&self.upcasters), _permit: permit }))
    }

    async fn due(
        &self,
        partition: u16,
        now: Timestamp,
        machine_now: Timestamp,
        limit: u32,
    ) -> Result<Vec<OrganizationId>, LogError> {
        let mut reader = self.reader().await?;
        due::due(&mut reader, partition, self.node, [now, machine_now], limit).await
    }

    async fn correct_due(&self, partition: u16, corrections: &[DueCorrection]) -> Result<(), LogError> {
        let mut reader = self.reader().await?;
        due::correct_due(&mut reader, partition, corrections).await
    }

    async fn now(&self) -> Result<Timestamp, LogError> {
        let mut line = self.clock.hold().await;
        let mut connection = line.take_at_once(&self.options, ACQUIRE_TIMEOUT).await?;
        let now = answered(sqlx::query_scalar("SELECT clock_timestamp()").fetch_one(&mut connection)).await?;
        line.keep(connection);
        Ok(now)
    }
}
