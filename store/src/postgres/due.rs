//! What falls due, and who sweeps.

use chrono::TimeDelta;
use domain::{OrganizationId, Timestamp};
use sqlx::PgConnection;
use uuid::Uuid;

use super::answer::answered;
use super::read::{long, small};
use crate::log::{DueCorrection, LogError};

/// A dead sweeper's partition is taken over within this: an overdue fact is to be settled within two seconds.
const LEASE: TimeDelta = TimeDelta::milliseconds(1_500);

/// Takes or renews the lease; whoever cannot have the row at once leaves it to its holder. A machine whose clock is more
/// than a second past the database's gets nothing, not even the lease: the database's clock judges the caller's here and
/// decides nothing.
const SELECT_DUE: &str = "
    WITH mine AS (
        SELECT s.partition FROM store.sweeps s
        WHERE s.partition = $1 AND (s.holder = $2 OR s.leased_until <= $3)
          AND $6 <= clock_timestamp() + interval '1 second'
        FOR UPDATE SKIP LOCKED
    ), lease AS (
        UPDATE store.sweeps s SET holder = $2, leased_until = $4 FROM mine WHERE s.partition = mine.partition
        RETURNING s.partition
    )
    SELECT d.organization FROM store.due d
    WHERE d.partition = $1 AND d.due_at <= $3 AND EXISTS (SELECT FROM lease)
    ORDER BY d.due_at LIMIT $5";

pub(super) async fn due(
    connection: &mut PgConnection,
    partition: u16,
    node: Uuid,
    [now, machine_now]: [Timestamp; 2],
    limit: u32,
) -> Result<Vec<OrganizationId>, LogError> {
    let ids: Vec<String> = answered(
        sqlx::query_scalar(SELECT_DUE)
            .bind(small(partition)?)
            .bind(node)
            .bind(now)
            .bind(now + LEASE)
            .bind(i64::from(limit))
            .bind(machine_now)
            .fetch_all(connection),
    )
    .await?;
    let invalid = |id: &String| LogError::Corrupt(format!("{id:?} is due and is not an organization"));
    ids.iter().map(|id| OrganizationId::try_new(id).map_err(|_| invalid(id))).collect()
}

pub(super) async fn correct_due(
    connection: &mut PgConnection,
    partition: u16,
    corrections: &[DueCorrection],
) -> Result<(), LogError> {
    let organizations: Vec<&str> = corrections.iter().map(|correction| correction.organization.as_str()).collect();
    let sequences: Vec<i64> = corrections.iter().map(|correction| long(correction.sequence)).collect();
    let due_at: Vec<Option<Timestamp>> = corrections.iter().map(|correction| correction.due_at).collect();
    answered(
        sqlx::query("SELECT store.correct_due_together($1, $2, $3, $4)")
            .bind(small(partition)?)
            .bind(organizations)
            .bind(sequences)
            .bind(due_at)
            .execute(connection),
    )
    .await?;
    Ok(())
}
