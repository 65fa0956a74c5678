//! Rows of the log, as stored and as read.

use cqrs_es::persist::{EventUpcaster, SerializedEvent};
use domain::{CommandId, EntityId, Event, Fact, OrganizationId, Timestamp};
use serde::de::Error as _;
use serde_json::Value;
use uuid::Uuid;

use crate::chain::{AGGREGATE_TYPE, ChainHash, Link};
use crate::log::LogError;
use crate::record::RecordedEvent;

/// Upcasters in the order in which they apply.
pub(crate) type Upcasters = [Box<dyn EventUpcaster>];

/// The columns of [`Row`], of a table that is called `e`.
macro_rules! event_columns {
    () => {
        "e.partition, e.position, e.aggregate_type, e.aggregate_id, e.sequence, e.event_id, e.event_type, \
         e.event_version, e.command_id, e.command_index, e.command_count, e.entity_id, e.occurred_at, e.recorded_at, \
         e.idempotency_key, e.request_hash, e.payload::text AS payload, e.metadata::text AS metadata, e.chain_hash"
    };
}
pub(crate) use event_columns;

/// A row, not yet understood.
#[derive(Debug, sqlx::FromRow)]
pub(crate) struct Row {
    #[sqlx(try_from = "i16")]
    pub partition: u16,
    #[sqlx(try_from = "i64")]
    pub position: u64,
    pub aggregate_type: String,
    pub aggregate_id: String,
    #[sqlx(try_from = "i64")]
    pub sequence: u64,
    pub event_id: Uuid,
    pub event_type: String,
    pub event_version: String,
    pub command_id: Uuid,
    #[sqlx(try_from = "i32")]
    pub command_index: u32,
    #[sqlx(try_from = "i32")]
    pub command_count: u32,
    pub entity_id: Option<EntityId>,
    pub occurred_at: Timestamp,
    pub recorded_at: Timestamp,
    pub idempotency_key: Option<String>,
    pub request_hash: Option<Vec<u8>>,
    pub payload: String,
    pub metadata: String,
    pub chain_hash: Vec<u8>,
}

impl Row {
    /// What the row's hash covers.
    pub fn link(&self) -> Link<'_> {
        Link {
            partition: self.partition,
            aggregate_type: &self.aggregate_type,
            organization: &self.aggregate_id,
            sequence: self.sequence,
            event_id: self.event_id,
            event_type: &self.event_type,
            event_version: &self.event_version,
            command_id: self.command_id,
            command_index: self.command_index,
            command_count: self.command_count,
            entity_id: self.entity_id,
            occurred_at: self.occurred_at,
            recorded_at: self.recorded_at,
            idempotency_key: self.idempotency_key.as_deref(),
            request_hash: self.request_hash.as_deref(),
            payload: &self.payload,
            metadata: &self.metadata,
        }
    }

    pub fn event(&self, upcasters: &Upcasters) -> Result<Event, LogError> {
        decode_event(&self.event_type, &self.event_version, &self.payload, upcasters)
            .map_err(|error| corrupt(&self.aggregate_id, self.sequence, &error))
    }

    pub fn recorded(self, upcasters: &Upcasters) -> Result<RecordedEvent, LogError> {
        let event = self.event(upcasters)?;
        let bad = |what: &dyn std::fmt::Display| corrupt(&self.aggregate_id, self.sequence, what);
        let organization = OrganizationId::try_new(&self.aggregate_id).map_err(|error| bad(&error))?;
        let metadata = serde_json::from_str(&self.metadata).map_err(|error| bad(&error))?;
        let chain_hash = hash(&self.chain_hash).ok_or_else(|| bad(&"the chain hash has a wrong length"))?;
        let request_hash = match &self.request_hash {
            Some(bytes) => Some(hash(bytes).ok_or_else(|| bad(&"the request hash has a wrong length"))?),
            None => None,
        };
        Ok(RecordedEvent {
            organization,
            partition: self.partition,
            position: self.position,
            sequence: self.sequence,
            event_id: self.event_id,
            command_id: CommandId::without_key(self.command_id),
            command_index: self.command_index,
            command_count: self.command_count,
            entity_id: self.entity_id,
            event,
            event_version: self.event_version,
            recorded_at: self.recorded_at,
            metadata,
            idempotency_key: self.idempotency_key,
            request_hash,
            chain_hash,
        })
    }
}

/// The current form of a stored event.
pub(crate) fn decode_event(
    event_type: &str,
    event_version: &str,
    payload: &str,
    upcasters: &Upcasters,
) -> Result<Event, serde_json::Error> {
    if Fact::ALL.contains(&(event_type, event_version)) {
        return serde_json::from_str(payload);
    }
    let stored = SerializedEvent::new(
        String::new(),
        0,
        AGGREGATE_TYPE.to_owned(),
        event_type.to_owned(),
        event_version.to_owned(),
        serde_json::from_str(payload)?,
        Value::Null,
    );
    let lifted = domain::upcast::upcast(stored, upcasters).map_err(serde_json::Error::custom)?;
    serde_json::from_value(lifted.payload)
}

pub(crate) fn hash(bytes: &[u8]) -> Option<ChainHash> {
    bytes.try_into().ok()
}

fn corrupt(organization: &str, sequence: u64, what: &dyn std::fmt::Display) -> LogError {
    LogError::Corrupt(format!("organization {organization}, sequence {sequence}: {what}"))
}
