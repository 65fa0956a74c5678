//! A partition's head lock, held.

use std::sync::Arc;

use async_trait::async_trait;
use domain::{EntityId, IdempotencyKey, OrganizationId};
use tokio::sync::OwnedMutexGuard;

use crate::log::{AppendCommand, Loaded, LogError, Outcome, Turn};
use crate::record::RecordedEvent;

use super::Partition;

pub(super) struct MemoryTurn {
    number: u16,
    partition: Arc<Partition>,
    _head: OwnedMutexGuard<()>,
}

impl MemoryTurn {
    pub(super) fn new(number: u16, partition: Arc<Partition>, head: OwnedMutexGuard<()>) -> Self {
        Self { number, partition, _head: head }
    }
}

#[async_trait]
impl Turn for MemoryTurn {
    async fn load(&mut self, organization: &OrganizationId) -> Result<Loaded, LogError> {
        Ok(self.partition.rows().load(organization))
    }

    async fn entity(
        &mut self,
        organization: &OrganizationId,
        entity: EntityId,
    ) -> Result<Vec<RecordedEvent>, LogError> {
        Ok(self.partition.rows().entity(organization, entity, u64::MAX))
    }

    async fn command(
        &mut self,
        organization: &OrganizationId,
        key: &IdempotencyKey,
    ) -> Result<Option<Vec<RecordedEvent>>, LogError> {
        Ok(self.partition.rows().command(organization, key))
    }

    async fn append(self: Box<Self>, batch: &[AppendCommand]) -> Result<Vec<Outcome>, LogError> {
        self.partition.rows().append(self.number, batch)
    }
}
