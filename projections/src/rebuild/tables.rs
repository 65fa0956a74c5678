//! The tables of a projector's generations.

use std::time::Duration;

use domain::Timestamp;
use sqlx::pool::PoolConnection;
use sqlx::postgres::PgPool;
use sqlx::{Executor, PgConnection, Postgres};

use super::RebuildError;
use crate::projector::Projector;

/// Building a key or an index takes as long as it takes, with the memory that makes it fast; nothing waits for it.
const FOR_INDEXES: &str = "SET statement_timeout = 0; SET maintenance_work_mem = '256MB'";
const NOT_FOR_INDEXES: &str = "RESET statement_timeout; RESET maintenance_work_mem";
/// How often tables of before are tried to be dropped, a second each.
const DROPS: u32 = 5;
const DROP_PAUSE: Duration = Duration::from_secs(1);

/// What a rebuild before has left, if this one may go on with it: in every partition rows of this version and of this log.
/// Its tables must have the live ones' columns, too.
const BEGUN: &str = "
    SELECT c.generation FROM ledger.checkpoints c
    WHERE c.projector = $1 AND NOT c.live
    GROUP BY c.generation
    HAVING bool_and(c.version = $2 AND (c.stopped_reason IS NULL OR c.retry_at IS NOT NULL) AND (c.position = 0 OR EXISTS (
        SELECT FROM store.events e
        WHERE e.partition = c.partition AND e.position = c.position AND e.chain_hash = c.chain_hash)))
    ORDER BY c.generation DESC LIMIT 1";

/// Whether two tables have the same columns: a migration may have changed the live one since the next one was made.
const SAME_COLUMNS: &str = "
    WITH columns AS (
        SELECT a.attrelid, a.attname, a.atttypid, a.atttypmod, a.attcollation FROM pg_attribute a
        WHERE a.attrelid IN (to_regclass($1), to_regclass($2)) AND a.attnum > 0 AND NOT a.attisdropped
    )
    SELECT NOT EXISTS (
        SELECT FROM columns c GROUP BY c.attname, c.atttypid, c.atttypmod, c.attcollation HAVING count(*) <> 2)";

/// What a swap would lose: partitions where the next tables are neither as far as the live ones nor at the log's end.
const BEHIND: &str = "
    SELECT n.partition, n.position
    FROM ledger.checkpoints n JOIN ledger.checkpoints c ON c.partition = n.partition AND c.projector = n.projector
    WHERE n.projector = $1 AND n.generation = $2 AND c.live AND (n.stopped_reason IS NOT NULL OR n.position < least(
        c.position,
        coalesce((SELECT e.position FROM store.events e WHERE e.partition = n.partition
                  ORDER BY e.position DESC LIMIT 1), 0)))
    ORDER BY n.partition LIMIT 1";

/// A projector's live tables, and those that are to take their place.
pub(super) struct Tables {
    pub(super) projector: &'static str,
    views: &'static [&'static str],
    pub(super) live: i32,
    pub(super) next: i32,
}

/// Held as long as its connection is: a rebuild that dies lets go of it.
pub(super) async fn claim(pool: &PgPool, projector: &str) -> Result<PoolConnection<Postgres>, RebuildError> {
    let mut connection = pool.acquire().await?;
    let claimed: bool = sqlx::query_scalar("SELECT pg_try_advisory_lock(hashtext('ledger.rebuild'), hashtext($1))")
        .bind(projector)
        .fetch_one(&mut *connection)
        .await?;
    if claimed { Ok(connection) } else { Err(RebuildError::Busy) }
}

impl Tables {
    /// Finds what a rebuild before has left, or makes empty tables; answers whether there was something to go on with.
    pub(super) async fn prepare(
        pool: &PgPool,
        projector: &dyn Projector,
        now: Timestamp,
    ) -> Result<(Self, bool), RebuildError> {
        let name = projector.name();
        let mut transaction = pool.begin().await?;
        let live: i32 = sqlx::query_scalar(
            "SELECT c.generation FROM ledger.checkpoints c WHERE c.projector = $1 AND c.live ORDER BY c.partition LIMIT 1",
        )
        .bind(name)
        .fetch_one(&mut *transaction)
        .await?;
        let begun: Option<i32> =
            sqlx::query_scalar(BEGUN).bind(name).bind(projector.version()).fetch_optional(&mut *transaction).await?;
        let next = begun.unwrap_or(live + 1);
        let tables = Self { projector: name, views: projector.views(), live, next };
        let resumed = begun.is_some() && tables.are_alike(&mut transaction).await?;
        if !resumed {
            tables.make(&mut transaction, projector, now).await?;
        }
        transaction.commit().await?;
        Ok((tables, resumed))
    }

    /// Whether the next tables have the columns of the live ones.
    async fn are_alike(&self, connection: &mut PgConnection) -> Result<bool, sqlx::Error> {
        for view in self.views {
            let alike: bool = sqlx::query_scalar(SAME_COLUMNS)
                .bind(format!("ledger.{view}_v{}", self.live))
                .bind(format!("ledger.{view}_v{}", self.next))
                .fetch_one(&mut *connection)
                .await?;
            if !alike {
                return Ok(false);
            }
        }
        Ok(true)
    }

    async fn make(
        &self,
        connection: &mut PgConnection,
        projector: &dyn Projector,
        now: Timestamp,
    ) -> Result<(), sqlx::Error> {
        sqlx::query("DELETE FROM ledger.checkpoints c WHERE c.projector = $1 AND NOT c.live")
            .bind(self.projector)
            .execute(&mut *connection)
            .await?;
        for view in self.views {
            self.drop_but(connection, view, &[self.live]).await?;
            sqlx::query("SELECT ledger.make_generation($1, $2, $3, $4)")
                .bind(view)
                .bind(self.live)
                .bind(self.next)
                .bind(!projector.fills_without_keys())
                .execute(&mut *connection)
                .await?;
        }
        sqlx::query(
            "INSERT INTO ledger.checkpoints (partition, projector, generation, version, live, position, updated_at)
             SELECT h.partition, $1, $2, $3, false, 0, $4 FROM store.heads h",
        )
        .bind(self.projector)
        .bind(self.next)
        .bind(projector.version())
        .bind(now)
        .execute(connection)
        .await?;
        Ok(())
    }

    /// Makes the keys and indexes that the live tables have and the next ones do not, and the planner's statistics.
    pub(super) async fn index(&self, pool: &PgPool) -> Result<(), sqlx::Error> {
        let mut connection = pool.acquire().await?;
        connection.execute(FOR_INDEXES).await?;
        for view in self.views {
            for missing in ["SELECT ledger.missing_keys($1, $2, $3)", "SELECT ledger.missing_indexes($1, $2, $3)"] {
                let missing = sqlx::query_scalar(missing).bind(view).bind(self.live).bind(self.next);
                let missing: Vec<String> = missing.fetch_all(&mut *connection).await?;
                for statement in missing {
                    connection.execute(statement.as_str()).await?;
                }
            }
            connection.execute(format!("ANALYZE ledger.{view}_v{}", self.next).as_str()).await?;
        }
        connection.execute(NOT_FOR_INDEXES).await?;
        Ok(())
    }

    /// Lets the views read the next tables.
    pub(super) async fn swap_views(&self, connection: &mut PgConnection) -> Result<(), sqlx::Error> {
        for view in self.views {
            sqlx::query("SELECT ledger.publish($1, $2)").bind(view).bind(self.next).execute(&mut *connection).await?;
        }
        Ok(())
    }

    /// Makes the next checkpoints the live ones, if nothing is lost by it. The caller holds the locks of both.
    pub(super) async fn swap_checkpoints(&self, connection: &mut PgConnection) -> Result<(), RebuildError> {
        let behind: Option<(i16, i64)> =
            sqlx::query_as(BEHIND).bind(self.projector).bind(self.next).fetch_optional(&mut *connection).await?;
        if let Some((partition, position)) = behind {
            let (partition, position) = (partition.unsigned_abs(), position.unsigned_abs());
            return Err(RebuildError::Behind { partition, position });
        }
        sqlx::query("DELETE FROM ledger.checkpoints c WHERE c.projector = $1 AND c.generation <> $2")
            .bind(self.projector)
            .bind(self.next)
            .execute(&mut *connection)
            .await?;
        sqlx::query("UPDATE ledger.checkpoints SET live = true WHERE projector = $1 AND generation = $2")
            .bind(self.projector)
            .bind(self.next)
            .execute(connection)
            .await?;
        Ok(())
    }

    /// Drops what nobody reads any more; answers whether nothing is left.
    pub(super) async fn drop_others(&self, pool: &PgPool) -> Result<bool, sqlx::Error> {
        for _ in 0..DROPS {
            match self.try_drop_others(pool).await {
                Ok(()) => return Ok(true),
                Err(error) if is_lock_timeout(&error) => tokio::time::sleep(DROP_PAUSE).await,
                Err(error) => return Err(error),
            }
        }
        Ok(false)
    }

    async fn try_drop_others(&self, pool: &PgPool) -> Result<(), sqlx::Error> {
        let mut transaction = pool.begin().await?;
        give_way(&mut transaction).await?;
        for view in self.views {
            self.drop_but(&mut transaction, view, &[self.next]).await?;
        }
        transaction.commit().await
    }

    async fn drop_but(&self, connection: &mut PgConnection, view: &str, kept: &[i32]) -> Result<(), sqlx::Error> {
        sqlx::query("SELECT ledger.drop_generations($1, $2)").bind(view).bind(kept).execute(connection).await?;
        Ok(())
    }
}

/// Bounds this transaction's waits for locks: whoever reads comes first, and nobody queues behind us for longer.
pub(super) async fn give_way(connection: &mut PgConnection) -> Result<(), sqlx::Error> {
    connection.execute("SET LOCAL lock_timeout = '1s'").await?;
    Ok(())
}

/// SQLSTATE 55P03, `lock_not_available`, or 40P01, `deadlock_detected`.
pub(super) fn is_lock_timeout(error: &sqlx::Error) -> bool {
    let code = error.as_database_error().and_then(|error| error.code());
    matches!(code.as_deref(), Some("55P03" | "40P01"))
}
