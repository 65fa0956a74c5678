//! The whole server under load and under fire: real processes, real PostgreSQL, real `kill -9`.
//!
//! Sizes: `make test` runs the short form; `make soak` sets `CRASHES` and `TEST_CASES` to the full numbers.

mod consumers;
mod crash;
mod driver;
mod restore;
mod time_travel;
mod two_nodes;

pub use crash::{crashes, pause};
pub use driver::{fund, spend_until};
