//! What Stripe tells: kept as it came and answered at once (`keeper.rs`, `receive.rs`), worked at afterwards (`worker.rs`).
//!
//! Invariant: an event is kept once, by its id, before its delivery is answered; nothing is answered that could be lost.
//! Invariant: working at an event twice, late, or beside another node has no second effect (`settle`).
//! Invariant: an event that cannot be worked at is tried again, later and later, then parked where a person sees it; it is
//! never dropped.
//! Absent: signatures (`stripe::verify`), rules of what should be booked (`facts`).

mod keeper;
mod limits;
mod meters;
mod process;
mod receive;
mod rows;
mod worker;

pub use keeper::{KeepError, Keeper};
pub use process::start;
pub(crate) use receive::receive;
pub use receive::{Received, Source};
pub use rows::{Entry, EntryStatus, Inbox};
pub(crate) use worker::look_at;
pub use worker::{Obstacle, Worked, work};
