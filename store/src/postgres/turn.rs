//! A transaction that holds a head (CORRECTNESS C5).

use std::sync::Arc;

use async_trait::async_trait;
use domain::{EntityId, IdempotencyKey, OrganizationId};
use sqlx::{Postgres, Transaction};
use tokio::sync::OwnedSemaphorePermit;
use tokio::time::error::Elapsed;
use tokio::time::timeout;

use super::answer::{ANSWER_TIMEOUT, answered};
use super::row::Upcasters;
use super::{append, error, read};
use crate::log::{AppendCommand, Loaded, LogError, Outcome, Turn};
use crate::record::RecordedEvent;

pub(super) struct PostgresTurn {
    pub(super) transaction: Transaction<'static, Postgres>,
    pub(super) partition: u16,
    pub(super) upcasters: Arc<Upcasters>,
    /// Leaves connections to others while turns wait for heads.
    pub(super) _permit: OwnedSemaphorePermit,
}

/// Locks the head of a partition until the transaction ends.
pub(super) async fn lock_head(
    transaction: &mut Transaction<'static, Postgres>,
    partition: u16,
) -> Result<(), LogError> {
    answered(sqlx::query("SELECT store.lock_head($1)").bind(read::small(partition)?).execute(&mut **transaction))
        .await?;
    Ok(())
}

#[async_trait]
impl Turn for PostgresTurn {
    async fn load(&mut self, organization: &OrganizationId) -> Result<Loaded, LogError> {
        read::load(&mut self.transaction, self.partition, organization, &self.upcasters).await
    }

    async fn entity(
        &mut self,
        organization: &OrganizationId,
        entity: EntityId,
    ) -> Result<Vec<RecordedEvent>, LogError> {
        read::entity(&mut self.transaction, self.partition, organization, entity, u64::MAX, &self.upcasters).await
    }

    async fn command(
        &mut self,
        organization: &OrganizationId,
        key: &IdempotencyKey,
    ) -> Result<Option<Vec<RecordedEvent>>, LogError> {
        let asked = [(organization.clone(), Some(key.clone()))];
        let answers = read::heads_and_keys(&mut self.transaction, self.partition, &asked, &self.upcasters).await?;
        let answer = answers.into_iter().next().transpose()?;
        Ok(answer.and_then(|answer| answer.command))
    }

    async fn append(mut self: Box<Self>, batch: &[AppendCommand]) -> Result<Vec<Outcome>, LogError> {
        let append = timeout(ANSWER_TIMEOUT, append::append(&mut self.transaction, self.partition, batch)).await;
        let outcomes = append.unwrap_or_else(lost).map_err(before_commit)?;
        let commit = timeout(ANSWER_TIMEOUT, self.transaction.commit()).await;
        commit.map_or_else(lost, |committed| committed.map_err(error::of_append))?;
        Ok(outcomes)
    }
}

/// No answer came in time.
fn lost<T>(elapsed: Elapsed) -> Result<T, LogError> {
    Err(LogError::OutcomeUnknown(Box::new(elapsed)))
}

/// The transaction was not asked to commit, so an answer that was lost was lost with the whole of it.
fn before_commit(error: LogError) -> LogError {
    match error {
        LogError::OutcomeUnknown(source) => LogError::Unavailable(source),
        LogError::Rejected(_) | LogError::Unavailable(_) | LogError::Corrupt(_) => error,
    }
}
