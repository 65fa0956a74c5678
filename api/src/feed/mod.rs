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

use store::Ledger;
use store::log::{Log, LogError};
use tokio::sync::watch;

pub use cursor::{Cursor, PlaceError};
pub use encoded::{Encoded, Shape, json, ndjson};
pub use follow::Follower;
pub use hub::Hub;
pub use lines::lines;
pub use place::{Filter, LogReader, Page, Place};
pub use sse::{Reading, sse};
pub use streams::{StreamPermit, Streams};

/// What readers of the feed share.
pub struct Feed {
    ledger: Arc<Ledger>,
    pub hub: Arc<Hub>,
    pub streams: Arc<Streams>,
    /// Whether the server is shutting down, which ends streams.
    pub stopping: watch::Receiver<bool>,
}

impl Feed {
    #[must_use]
    pub fn new(ledger: Arc<Ledger>, stopping: watch::Receiver<bool>) -> Self {
        let hub = Arc::new(Hub::new(ledger.log().partitions()));
        Self { ledger, hub, streams: Arc::default(), stopping }
    }

    #[must_use]
    pub fn log(&self) -> &dyn Log {
        &**self.ledger.log()
    }

    /// The reader's next page, within the room that a node has for reading pages.
    ///
    /// # Errors
    /// The log cannot be read.
    pub async fn page(&self, reader: &LogReader, ends: &[u64], limit: u32) -> Result<Page, LogError> {
        let _room = self.ledger.page().await;
        reader.page(self.log(), ends, limit).await
    }

    /// The last position of each partition.
    ///
    /// # Errors
    /// The log cannot be read.
    pub async fn ends(&self) -> Result<Vec<u64>, LogError> {
        let _room = self.ledger.page().await;
        self.log().ends().await
    }
}
