//! What callers may ask, from the bytes of a request to a command of the domain.
//!
//! Invariant: reading a request looks at nothing but the request; rules that need the organization are in `domain`.

mod accept;
pub mod adjustments;
pub mod amount;
mod asked;
pub mod auto_recharge;
pub mod body;
pub mod checkout;
pub mod consumptions;
pub mod estimates;
pub mod grants;
mod hash;
mod kind;
pub mod notifications;
pub mod packages;
pub mod purchases;
pub mod query;
pub mod recurring;
pub mod reservations;
pub mod settings;
mod text;
mod usage;

pub use accept::preferred;
pub use asked::{Asked, PackagePurchase};
pub use hash::request_hash;
pub use kind::Kind;
pub use text::{id, missing, optional as optional_text};
