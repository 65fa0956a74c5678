//! The cases, named after the rules that they prove. Each takes an empty or a used log.

#![expect(clippy::unwrap_used, reason = "a case that cannot go on should say where")]

pub mod append;
pub mod batch;
pub mod confirm;
pub mod conformance;
pub mod keys;
pub mod past;
pub mod queue;
pub mod snapshots;
pub mod sweep;
pub mod tail;
pub mod time;
