//! A command on its way in, and an event as the log holds it.

use domain::free_credits::Welcome;
use domain::{Command, CommandId, EntityId, Event, IdempotencyKey, OrganizationId, Timestamp};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

/// SHA-256 over a command as it was sent: the same key with another hash is a mistake of the caller.
pub type RequestHash = [u8; 32];

/// Who did it and why; on every event.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct EventMetadata {
    /// `key:<id>`, `token:<subject>`, `system:<process>` or `cli:<os user>`.
    pub actor: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub request_id: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub causation_id: Option<String>,
}

/// One command for one organization.
#[derive(Clone, Debug)]
pub struct CommandRequest {
    pub organization: OrganizationId,
    /// With the hash of the request that it stands for. Every command that moves money has one.
    pub key: Option<(IdempotencyKey, RequestHash)>,
    pub command: Command,
    pub metadata: EventMetadata,
    /// What an organization is given whose first command this is.
    pub welcome: Option<Welcome>,
}

/// An event as the log holds it.
#[derive(Clone, Debug, PartialEq)]
pub struct RecordedEvent {
    pub organization: OrganizationId,
    pub partition: u16,
    /// Place in the partition, from 1 without gaps.
    pub position: u64,
    /// Place in the organization's stream, from 1 without gaps.
    pub sequence: u64,
    pub event_id: Uuid,
    pub command_id: CommandId,
    /// Place in the command, from 0.
    pub command_index: u32,
    /// Events of the command.
    pub command_count: u32,
    pub entity_id: Option<EntityId>,
    pub event: Event,
    pub event_version: String,
    pub recorded_at: Timestamp,
    pub metadata: EventMetadata,
    /// As stored (`IdempotencyKey::stored`), on the command's first event.
    pub idempotency_key: Option<String>,
    pub request_hash: Option<RequestHash>,
    pub chain_hash: [u8; 32],
}
