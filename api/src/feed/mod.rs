//! The log, followed: pages, NDJSON and server-sent events of the whole feed and of one organization's stream.
//!
//! Invariant: a reader that resumes behind the last id that it has seen gets every later event once, across restarts and
//! nodes: an id says a place in the log, and nothing of a reader is kept here.
//! Invariant: nothing is held for a reader between two pages: no transaction, no connection, no lock. Whoever does not
//! read costs one page of memory, and whoever falls behind the live batches reads pages again.
//! Invariant: the log is polled once a node, however many follow.
//! Absent: writing, and any say in what is committed.

mod cursor;
mod encoded;
mod follow;
mod hub;
mod lines;
mod place;
mod plan;
mod sse;
mod streams;

use std::sync::Arc;

use store::log::Log;
use tokio::sync::{Semaphore, watch};

use crate::limits::FEED_READS_MAX;

pub use cursor::{Cursor, CursorError};
pub use encoded::{Encoded, json, ndjson};
pub use follow::Follower;
pub use hub::Hub;
pub use lines::lines;
pub use place::{Filter, LogReader, Page, Place};
pub use sse::sse;
pub use streams::{StreamPermit, Streams};

/// What readers of the feed share.
pub struct Feed {
    pub log: Arc<dyn Log>,
    pub hub: Arc<Hub>,
    pub streams: Arc<Streams>,
    /// One for each read of the log, so that readers of the feed leave connections to commands.
    pub reads: Semaphore,
    /// Whether the server is shutting down, which ends streams.
    pub stopping: watch::Receiver<bool>,
}

impl Feed {
    #[must_use]
    pub fn new(log: Arc<dyn Log>, hub: Arc<Hub>, stopping: watch::Receiver<bool>) -> Self {
        Self { log, hub, streams: Arc::default(), reads: Semaphore::new(FEED_READS_MAX), stopping }
    }
}
