//! Demonstrations over HTTP, as any caller would do them: a trace of model calls that is paid for call by call, and
//! organizations to look at.
//!
//! Invariant: what a demonstration reports is checked against the events that the ledger answers, never only against
//! what it counted itself.
//! Absent: any way into the ledger but its API.

mod args;
mod books;
mod client;
mod plan;
mod replay;
mod seed;
mod server;
mod summary;
mod tariff;
mod trace;

pub use args::{DemoArgs, DemoError, run};
pub use seed::{next_steps, seed};
