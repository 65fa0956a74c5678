//! The load generator: keep-alive HTTP/1.1 connections with one request in flight each.
//!
//! Invariant: a run is bounded in time and in requests, and reaches loopback addresses only.
//! Invariant: with a fixed rate, latency counts from the instant at which a request was due, so that a stalled server
//! cannot hide the requests that it kept waiting.

pub mod caller;
pub mod connection;
pub mod measured;
pub mod run;
pub mod target;
pub mod webhook;
pub mod work;

pub use measured::Measured;
pub use run::{Pace, Plan, run};
pub use target::Target;
pub use work::{Kind, Order, Work};
