//! Notifications: services are told by HTTP of what happened to an organization's credits (Standard Webhooks).
//!
//! The log becomes deliveries (`planner`, with `notification` as the pure part), and deliveries become requests
//! (`worker`). Both are level-triggered from the database, so any node may do either.
//!
//! Invariant: deliveries are written in the transaction that moves the place in the log: no event is lost or told twice
//! under two ids, whatever crashes.
//! Invariant: every try of a delivery sends the same id and the same bytes; a receiver that drops ids which it knows has
//! each once, and in the order of the log within an organization.
//! Invariant: what fails holds back only what is behind it in its lane (its organization, at its endpoint).
//! Invariant: no request leaves for an address of this machine or its networks unless that is allowed by name.
//! Absent: commands to the ledger; nothing here changes credits. E-mail, which is the receiver's business.

pub mod address;
pub mod backoff;
pub mod delivery;
pub mod endpoint;
mod expiring;
pub mod kind;
mod lanes;
pub mod limits;
mod meters;
pub mod notification;
mod planner;
mod prune;
mod runner;
pub mod seal;
pub mod secret;
mod sender;
mod standing;
pub mod target;
mod worker;

pub use delivery::{Deliveries, Delivery, State};
pub use endpoint::{Endpoint, EndpointChange, Endpoints, NewEndpoint};
pub use kind::Kind;
pub use runner::{Runner, Settings};
pub use seal::Sealer;
pub use secret::Secret;
pub use standing::Standing;
pub use target::Target;

/// Why something about notifications was not done.
#[derive(Debug, thiserror::Error)]
pub enum NotificationError {
    #[error("there is no such endpoint")]
    NoEndpoint,
    #[error("there is no such delivery")]
    NoDelivery,
    #[error("it has not ended yet; it is being tried")]
    StillWaiting,
    #[error("there are {0} endpoints, which is the most")]
    TooMany(i64),
    #[error("the secret cannot be read: it was sealed with a key that this server does not have")]
    Sealed,
    #[error("the database failed")]
    Database(#[from] sqlx::Error),
}
