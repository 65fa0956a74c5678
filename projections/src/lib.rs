//! The read side: projectors that turn the log into rows, and the runner that gives each event exactly one effect.
//!
//! Invariant: rows follow from the log and from nothing else; a checkpoint moves in the transaction of its rows.
//! Invariant: nothing here writes to `store`.
//! Absent: rules of money (they are in `domain`), HTTP.

pub mod forecast;
pub mod projector;
pub mod projectors;
pub mod queries;

pub use projector::{ApplyError, Projector, Target};
