//! The swap: in one transaction the views read the next tables, which are then as far as the live ones.
//!
//! Invariant: locks are taken in this order: views, then checkpoints. A runner takes no lock on a view, and a reader none
//! on a checkpoint, so that neither can be part of a deadlock with a swap.

use std::time::{Duration, Instant};

use sqlx::PgConnection;
use sqlx::postgres::PgPool;

use super::fill::Filler;
use super::tables::{Tables, give_way, is_lock_timeout};
use super::{Phase, RebuildError, Report};

/// Between two tries: readers that queued behind the last one are through by then.
const PAUSE: Duration = Duration::from_secs(2);

const LOCK_LIVE: &str = "
    SELECT c.partition, c.position FROM ledger.checkpoints c WHERE c.projector = $1 AND c.live ORDER BY c.partition
    FOR UPDATE";

/// Tries until nobody's reading is in the way, at most for `patience`.
pub(super) async fn swap(
    pool: &PgPool,
    tables: &Tables,
    filler: &Filler,
    patience: Duration,
    report: Report<'_>,
) -> Result<(), RebuildError> {
    let started = Instant::now();
    loop {
        filler.fill(Phase::Swapping, report).await?;
        match try_swap(pool, tables, filler).await {
            Ok(()) => return Ok(()),
            Err(RebuildError::Database(error)) if is_lock_timeout(&error) => {
                if started.elapsed() >= patience {
                    return Err(RebuildError::SwapBlocked);
                }
            }
            Err(error) => return Err(error),
        }
        tokio::time::sleep(PAUSE.min(patience)).await;
    }
}

async fn try_swap(pool: &PgPool, tables: &Tables, filler: &Filler) -> Result<(), RebuildError> {
    let mut transaction = pool.begin().await?;
    give_way(&mut transaction).await?;
    tables.swap_views(&mut transaction).await?;
    let live: Vec<(i16, i64)> = sqlx::query_as(LOCK_LIVE).bind(tables.projector).fetch_all(&mut *transaction).await?;
    for (partition, wanted) in live {
        catch_up(&mut transaction, tables, filler, partition.unsigned_abs(), wanted.unsigned_abs()).await?;
    }
    tables.swap_checkpoints(&mut transaction).await?;
    transaction.commit().await?;
    Ok(())
}

/// Projects the little that the live tables have and the next ones do not. No runner moves the live ones meanwhile.
async fn catch_up(
    connection: &mut PgConnection,
    tables: &Tables,
    filler: &Filler,
    partition: u16,
    wanted: u64,
) -> Result<(), RebuildError> {
    let reached: i64 = sqlx::query_scalar(
        "SELECT c.position FROM ledger.checkpoints c WHERE c.partition = $1 AND c.projector = $2 AND c.generation = $3",
    )
    .bind(i32::from(partition))
    .bind(tables.projector)
    .bind(tables.next)
    .fetch_one(&mut *connection)
    .await?;
    let mut reached = reached.unsigned_abs();
    while reached < wanted {
        // What does not move has nothing left to read: a live checkpoint that is past the end of the log is one that the
        // rebuild is to cure. Whether it is that is checked once for all partitions, right before the swap.
        let Some(further) = filler.batch(connection, partition).await? else { break };
        reached = further;
    }
    Ok(())
}
