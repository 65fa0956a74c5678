//! Who calls, and what they may do.
//!
//! Invariant: a key is compared as a SHA-256 in constant time, and never logged; the log knows callers by key id.
//! Invariant: a browser token is refused by every handler that does not ask for one by name.
//! Invariant: a key bound to an organization cannot tell another organization from one that does not exist.

mod admin_key;
mod authenticator;
mod believed;
mod caller;
mod directory;
mod failed;
mod pending;
mod presented;
mod turns;

pub use admin_key::{AdminKey, AdminKeyTooShort};
pub use authenticator::Authenticator;
pub use caller::{Caller, Role, Scope};
pub use directory::{Keys, NewKey};
pub use presented::{SESSION_COOKIE, must_be_of_this_site, session};
