//! Events of the log, with CloudEvents 1.0 attributes.

use chrono::{DateTime, Utc};
use domain::Event;
use serde::Serialize;
use store::RecordedEvent;
use utoipa::ToSchema;
use uuid::Uuid;

/// One event. Extension attributes are in lower case without separators, as CloudEvents wants them.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
pub struct EventView<'a> {
    #[schema(example = "1.0")]
    pub specversion: &'static str,
    pub id: Uuid,
    #[schema(example = "/v1/organizations/acme")]
    pub source: String,
    /// The event's stored name.
    #[serde(rename = "type")]
    #[schema(example = "CreditsConsumed")]
    pub kind: &'static str,
    /// The grant, purchase, consumption or reservation that it is about.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub subject: Option<Uuid>,
    /// When it took effect.
    pub time: DateTime<Utc>,
    #[schema(example = "application/json")]
    pub datacontenttype: &'static str,
    /// Place in the organization's stream, from 1 without gaps.
    pub sequence: u64,
    pub partition: u16,
    /// Place in the partition, from 1 without gaps.
    pub position: u64,
    pub eventversion: &'a str,
    pub recordedat: DateTime<Utc>,
    pub commandid: Uuid,
    pub commandindex: u32,
    pub commandcount: u32,
    /// Who did it.
    pub actor: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub requestid: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub causationid: Option<&'a str>,
    /// The key that the caller gave, on the command's first event.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub idempotencykey: Option<&'a str>,
    /// SHA-256 of this event and all before it in the stream, in hexadecimal.
    pub chainhash: String,
    /// The fact, with the figures right after it.
    #[schema(value_type = Object)]
    pub data: &'a Event,
}

impl<'a> From<&'a RecordedEvent> for EventView<'a> {
    fn from(recorded: &'a RecordedEvent) -> Self {
        Self {
            specversion: "1.0",
            id: recorded.event_id,
            source: format!("/v1/organizations/{}", recorded.organization),
            kind: recorded.event.fact.name(),
            subject: recorded.entity_id,
            time: recorded.event.occurred_at,
            datacontenttype: "application/json",
            sequence: recorded.sequence,
            partition: recorded.partition,
            position: recorded.position,
            eventversion: &recorded.event_version,
            recordedat: recorded.recorded_at,
            commandid: recorded.command_id.uuid(),
            commandindex: recorded.command_index,
            commandcount: recorded.command_count,
            actor: &recorded.metadata.actor,
            requestid: recorded.metadata.request_id.as_deref(),
            causationid: recorded.metadata.causation_id.as_deref(),
            // Keys are stored with the letter of their namespace.
            idempotencykey: recorded.idempotency_key.as_deref().and_then(|key| key.strip_prefix("c:")),
            chainhash: hex::encode(recorded.chain_hash),
            data: &recorded.event,
        }
    }
}

/// A page of a stream.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
pub struct EventsPage<'a> {
    pub data: Vec<EventView<'a>>,
    /// Pass it as `after_sequence` for the events that follow; `null` when there are none yet.
    pub next_after_sequence: Option<u64>,
}

impl<'a> EventsPage<'a> {
    #[must_use]
    pub fn of(events: &'a [RecordedEvent], limit: u32) -> Self {
        let is_full = u32::try_from(events.len()).is_ok_and(|count| count >= limit);
        let last = events.last().map(|event| event.sequence);
        Self { data: events.iter().map(EventView::from).collect(), next_after_sequence: last.filter(|_| is_full) }
    }
}
