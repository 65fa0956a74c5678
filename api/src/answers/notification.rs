//! Notification endpoints and what they were told.

use chrono::{DateTime, Utc};
use notifications::delivery::Resent;
use notifications::{Delivery, Endpoint};
use serde::Serialize;
use serde_json::Value;
use utoipa::ToSchema;
use uuid::Uuid;

/// An endpoint.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
pub struct NotificationEndpointView {
    pub id: Uuid,
    pub url: String,
    /// Empty: every type.
    pub types: Vec<String>,
    /// The only organization that it is told of; `null`: all.
    pub organization_id: Option<String>,
    pub description: String,
    pub enabled: bool,
    /// Until when the secret before the last rotation signs, too.
    pub former_secret_until: Option<DateTime<Utc>>,
    /// Who made it: `key:<id>` or `cli:<user>`.
    pub created_by: String,
    pub created_at: DateTime<Utc>,
    pub updated_at: DateTime<Utc>,
    /// What its notifications are signed with: in the answer that made it, and never again.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub secret: Option<String>,
}

impl From<Endpoint> for NotificationEndpointView {
    fn from(endpoint: Endpoint) -> Self {
        Self {
            id: endpoint.id,
            url: endpoint.url,
            types: endpoint.types,
            organization_id: endpoint.organization.map(|id| id.to_string()),
            description: endpoint.description,
            enabled: endpoint.enabled,
            former_secret_until: endpoint.former_until,
            created_by: endpoint.created_by,
            created_at: endpoint.created_at,
            updated_at: endpoint.updated_at,
            secret: None,
        }
    }
}

/// One notification at one endpoint.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
pub struct DeliveryView {
    /// `webhook-id`, the same on every try.
    pub id: Uuid,
    #[schema(example = "credits.balance.low")]
    pub r#type: String,
    /// `null`: a test.
    pub organization_id: Option<String>,
    /// `waiting` (to be tried, or tried again), `delivered` or `parked` (given up after a day).
    #[schema(example = "delivered")]
    pub state: String,
    pub tries: i32,
    pub accepted_at: DateTime<Utc>,
    pub tried_at: Option<DateTime<Utc>>,
    /// What the receiver answered last; `null` where it did not.
    pub status: Option<i32>,
    /// Why the last try failed.
    pub error: Option<String>,
    pub ended_at: Option<DateTime<Utc>>,
    /// As it is sent.
    #[schema(value_type = Object)]
    pub body: Value,
}

impl From<Delivery> for DeliveryView {
    fn from(delivery: Delivery) -> Self {
        Self {
            id: delivery.notification_id,
            r#type: delivery.kind,
            organization_id: delivery.organization,
            state: delivery.state,
            tries: delivery.tries,
            accepted_at: delivery.accepted_at,
            tried_at: delivery.tried_at,
            status: delivery.status,
            error: delivery.error,
            ended_at: delivery.ended_at,
            body: serde_json::from_str(&delivery.body).unwrap_or(Value::Null),
        }
    }
}

/// What is sent again.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct ResentView {
    pub count: u64,
    /// Whether others are parked still: ask again.
    pub has_more: bool,
}

impl From<Resent> for ResentView {
    fn from(resent: Resent) -> Self {
        Self { count: resent.count, has_more: resent.has_more }
    }
}
