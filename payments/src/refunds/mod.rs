//! Refunds that somebody asks for here: money goes back at the processor, and its credits with it.
//!
//! The order is: a row with all that is sent (`rows.rs`), the refund, its id in the row, the credits (`settle`). A retry
//! with the same key goes on wherever the try before ended; a crash between any two steps is the same as a retry, and what
//! nobody retries is found by webhooks and reconciliation.
//!
//! Invariant: a key sends one request, for ever, and never later than the processor remembers it.
//! Invariant: credits are taken for the refund that the processor shows, under its id: so not twice, whoever hears first.
//! Absent: purchases that were paid elsewhere (their credits are taken by the command alone).

mod ask;
mod intent;
mod rows;

pub use ask::{Refund, RefundAsked, RefundError, refund};
pub use intent::{Source, source};
pub(crate) use rows::{actor, unanswered};
