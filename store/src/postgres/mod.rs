//! The log on PostgreSQL.
//!
//! Invariant: rows of `store.events` are written by `store.append` alone, and never changed.
//! Invariant: a statement that spans partitions is never part of writing.
//! Absent: business time. Instants come from the caller; the database's clock is only compared with ours.

mod answer;
mod append;
mod connect;
mod due;
pub(crate) mod error;
mod feed;
mod line;
mod log;
mod migrate;
mod owner;
mod past;
mod pool;
mod read;
pub(crate) mod row;
mod turn;

pub use connect::{StartupError, UnsafeServer, check_server, connect_primary, session_options};
pub use feed::Feed;
pub use log::{PostgresLog, READERS_DEFAULT};
pub use migrate::{MigrateError, PARTITIONS_DEFAULT, PARTITIONS_MAX, migrate};
pub use owner::owner_of;
pub use pool::{pool_options, replica_pool_options};
