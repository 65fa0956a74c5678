//! The organization aggregate: what may be asked of an account of prepaid credits, what happens then, and why.
//!
//! Invariant: no IO, clock or randomness. Times and ids enter with the command ([`Context`]).
//! Invariant: [`decide()`] holds every rule, [`evolve`] none.
//! Invariant: what an operation costs follows from a published book, the usage and the month's use alone ([`price`]).
//! Absent: HTTP, SQL, payments.

pub mod aggregate;
pub mod commands;
pub mod credits;
pub mod decide;
pub mod error;
pub mod events;
mod evolve;
pub mod fingerprint;
pub mod free_credits;
pub mod grant;
pub mod ids;
pub mod limits;
pub mod money;
pub mod package;
pub mod price;
pub mod recharge;
mod scale;
mod state;
pub mod text;
pub mod time;
mod totals;
pub mod upcast;
pub mod usage;

pub use commands::Command;
pub use credits::Credits;
pub use decide::{Context, Decision, Estimate, History, PastEvents, decide, estimate};
pub use error::CommandError;
pub use events::{Event, Fact};
pub use evolve::evolve;
pub use ids::{CommandId, EntityId, IdempotencyKey, KeyNamespace, OrganizationId};
pub use scale::Scale;
pub use state::{Alerts, Balance, Organization, Reservation};
pub use time::Timestamp;
pub use totals::{OutOfBalance, Totals};
