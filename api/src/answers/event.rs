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
            // Keys are stored with the letter of their namespace: a service's, or a page's.
            idempotencykey: recorded
                .idempotency_key
                .as_deref()
                .and_then(|key| key.strip_prefix("c:").or_else(|| key.strip_prefix("p:"))),
            chainhash: hex::encode(recorded.chain_hash),
            data: &recorded.event,
        }
    }
}

/// A page of an organization's stream.
#[derive(ToSchema)]
#[expect(dead_code, reason = "describes what `feed::json` writes")]
pub struct EventsPage<'a> {
    data: Vec<EventView<'a>>,
    /// Pass it as `after_sequence` for the events that follow; `null` when there are none yet.
    next_after_sequence: Option<u64>,
}

/// A page of the whole feed.
#[derive(ToSchema)]
#[expect(dead_code, reason = "describes what `feed::json` writes")]
pub struct FeedPage<'a> {
    /// In order within each partition; there is no order between partitions.
    data: Vec<EventView<'a>>,
    /// Pass it as `after` for what follows, now or later. The same one again: nothing has followed yet.
    next_cursor: String,
}
