//! Who calls, and what they may do.
//!
//! Invariant: a key is compared as a SHA-256 in constant time, and never logged; the log knows callers by key id.
//! Invariant: a key bound to an organization cannot tell another organization from one that does not exist.

mod admin_key;
mod authenticator;
mod caller;
mod directory;

pub use admin_key::{AdminKey, AdminKeyTooShort};
pub use authenticator::Authenticator;
pub use caller::{Caller, Scope};
pub use directory::{Keys, NewKey};
