//! The write side: organizations' streams on PostgreSQL. Commands are decided on cached state, appended in groups, and
//! answered once they are durable.
//!
//! Invariant: nothing is answered before the commit it depends on.
//! Absent: read models (the log is the only truth here), HTTP, money rules (they are in `domain`).

pub mod anchor;
pub mod catalogue;
pub mod chain;
pub mod clock;
mod engine;
pub mod event_store;
pub mod keys;
pub mod ledger;
pub mod log;
pub mod memory;
pub mod passes;
pub mod postgres;
pub mod private_postgres;
pub mod record;
mod snapshot;
mod tail;
#[cfg(any(test, feature = "testing"))]
pub mod testing;
pub mod verify;

pub use clock::Clock;
pub use engine::Limits;
pub use event_store::LedgerEventStore;
pub use ledger::{Committed, ExecuteError, Ledger, StrongBalance};
pub use memory::MemoryLog;
pub use record::{CommandRequest, EventMetadata, RecordedEvent, RequestHash};
pub use tail::Tails;
