//! The read side: projectors that turn the log into rows, and the runner that gives each event exactly one effect.
//!
//! Invariant: rows follow from the log and from nothing else; a checkpoint moves in the transaction of its rows.
//! Invariant: nothing here writes to `store`.
//! Absent: rules of money (they are in `domain`), HTTP.

mod apply;
mod batch;
mod checkpoint;
pub mod forecast;
pub mod limits;
mod meters;
mod monitor;
mod plan;
pub mod projector;
pub mod projectors;
pub mod queries;
pub mod rebuild;
mod runner;
mod standing;
pub mod status;
pub mod verify;
mod wait;

pub use limits::Limits;
pub use monitor::Monitor;
pub use projector::{ApplyError, Projector, Target};
pub use runner::{Runner, Settings};
pub use standing::{Standing, StopView, standings};
pub use wait::{WAIT_MAX, WaitError, Waiter};
