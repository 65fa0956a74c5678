//! The newest events, read and encoded once for all who follow the log on this node.
//!
//! Invariant: from the moment of its subscription a follower is sent every event behind the places that it was told, in
//! the order of positions; one that is too slow for the bounded channel is told so, and reads pages instead.
//! Invariant: nothing is read or kept while nobody follows.

use std::sync::{Arc, Mutex, MutexGuard};

use store::log::{Log, LogError};
use tokio::sync::broadcast;
use tokio::time::sleep;

use super::place::read;
use super::plan::shares;
use super::{Cursor, Encoded, Filter};
use crate::limits::{FEED_POLL, FEED_RETRY, LIVE_BATCHES_MAX, STREAM_PAGE_EVENTS};

/// Contiguous events of one partition.
#[derive(Clone, Debug, PartialEq)]
pub struct Span {
    pub partition: u16,
    /// It begins behind this position ...
    pub after: u64,
    /// ... and ends with this one.
    pub up_to: u64,
    pub events: Vec<Arc<Encoded>>,
}

/// What followers are sent at once.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Batch {
    pub spans: Vec<Span>,
}

/// Where followers of the log subscribe.
#[derive(Debug)]
pub struct Hub {
    batches: broadcast::Sender<Arc<Batch>>,
    /// Everything up to it was sent to those who followed then.
    sent: Mutex<Cursor>,
}

/// A subscription.
#[derive(Debug)]
pub struct Live {
    pub batches: broadcast::Receiver<Arc<Batch>>,
    /// What comes begins behind these positions.
    pub from: Cursor,
}

impl Hub {
    #[must_use]
    pub fn new(partitions: u16) -> Self {
        let sent = Mutex::new(Cursor::start(usize::from(partitions)));
        Self { batches: broadcast::Sender::new(LIVE_BATCHES_MAX), sent }
    }

    /// Subscribes whoever has just seen these ends of the log.
    #[must_use]
    pub fn subscribe(&self, ends: &[u64]) -> Live {
        let mut sent = self.sent();
        // Nobody was owed what came while nobody followed. Under the lock, so that no batch is sent in between.
        if self.batches.receiver_count() == 0 {
            sent.raise(ends);
        }
        Live { batches: self.batches.subscribe(), from: sent.clone() }
    }

    fn sent(&self) -> MutexGuard<'_, Cursor> {
        self.sent.lock().expect("no code panics while it holds the places")
    }

    /// Follows the log for ever, as long as anybody does.
    pub async fn run(self: Arc<Self>, log: Arc<dyn Log>) {
        loop {
            let caught_up = if self.batches.receiver_count() == 0 { Ok(()) } else { self.catch_up(&*log).await };
            match caught_up {
                Ok(()) => sleep(FEED_POLL).await,
                Err(error) => {
                    tracing::warn!(%error, "the feed cannot be followed");
                    sleep(FEED_RETRY).await;
                }
            }
        }
    }

    async fn catch_up(&self, log: &dyn Log) -> Result<(), LogError> {
        let ends = log.ends().await?;
        loop {
            let from = self.sent().clone();
            let shares = shares(&from, &ends, STREAM_PAGE_EVENTS);
            if shares.is_empty() {
                return Ok(());
            }
            let mut batch = Batch::default();
            for share in shares {
                batch.spans.push(read(log, &share, &Filter::default()).await?);
            }
            self.send(&from, batch);
        }
    }

    fn send(&self, from: &Cursor, batch: Batch) {
        let mut sent = self.sent();
        // Meanwhile all may have left, and another come, who was told another place.
        if *sent == *from {
            batch.spans.iter().for_each(|span| sent.move_to(span.partition, span.up_to));
            // An error means that nobody follows any more.
            let _nobody = self.batches.send(Arc::new(batch));
        }
    }
}
