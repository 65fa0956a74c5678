//! Stripe, by HTTP: the requests are built by async-stripe, which is Stripe's API as Rust types; sending, judging and
//! reading answers is ours.
//!
//! Invariant: a POST cannot be sent without a [`RequestKey`](crate::gateway::RequestKey), and is repeated under the same.
//! Invariant: an answer that cannot be read is an unknown outcome, never a failure; only the fields that we decide on are
//! read, so that a new or missing other field loses nothing.
//! Invariant: secrets are in no log, error or `Debug`.
//! Absent: async-stripe's client (no key of ours in its retries, no request id, the status lost with an unreadable body).

mod answer;
mod client;
mod event;
mod objects;
mod patience;
mod reading;
mod requests;
mod settings;
mod setup;
mod signature;
mod transport;

pub use client::StripeGateway;
pub use event::{ChargeSeen, EventSeen, ObjectSeen, read as read_event};
pub use patience::Patience;
pub use reading::Unreadable;
pub use settings::{SettingsError, StripeSettings, WebhookSecrets};
pub use setup::{EVENT_TYPES, EndpointMade, EndpointSeen, lookup_key};
pub use signature::{BadSignature, verify};

/// The version of the API that requests ask for and webhook endpoints are made with.
#[must_use]
pub fn api_version() -> String {
    stripe_shared::version::VERSION.to_string()
}
