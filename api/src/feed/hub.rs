//! The newest events, read and encoded once for all who follow the log on this node.
//!
//! Invariant: from the moment of its subscription a follower is sent every event behind the places that it was told, in
//! the order of positions; one that is too slow for the bounded channel is told so, and reads pages instead.
//! Invariant: a follower of a log that has lost its newest events is told so: what takes their places is not what it has
//! seen there.
//! Invariant: nothing is read or kept while nobody follows; nothing that goes wrong ends the following.

use std::panic::AssertUnwindSafe;
use std::sync::{Arc, Mutex, MutexGuard};

use futures::FutureExt;
use futures::future::select_all;
use store::log::{FeedLimit, LogError};
use store::{Ledger, Tails};
use tokio::sync::{broadcast, watch};
use tokio::time::{Instant, sleep, timeout_at};

use super::place::read;
use super::plan::{Share, shares};
use super::{Cursor, Encoded, Filter};
use crate::limits::{FEED_PAGE_BYTES, FEED_POLL, FEED_RETRY, LIVE_BATCHES_MAX, LIVE_PAUSE, STREAM_PAGE_EVENTS};

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
    /// The log is an older one by now.
    pub is_cut: bool,
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
    pub async fn run(self: Arc<Self>, ledger: Arc<Ledger>) {
        let tails = ledger.tails();
        let mut commits: Vec<_> = (0..ledger.log().partitions()).map(|partition| tails.follow(partition)).collect();
        loop {
            if self.batches.receiver_count() == 0 {
                sleep(LIVE_PAUSE).await;
                continue;
            }
            match AssertUnwindSafe(self.poll(&ledger, &mut commits)).catch_unwind().await {
                Ok(Ok(())) => sleep(LIVE_PAUSE).await,
                Ok(Err(error)) => {
                    tracing::warn!(%error, "the feed cannot be followed");
                    sleep(FEED_RETRY).await;
                }
                Err(_panic) => {
                    tracing::error!("the feed cannot be followed: a defect");
                    sleep(FEED_RETRY).await;
                }
            }
        }
    }

    /// One look at the log, and what this node commits until the next is due.
    async fn poll(&self, ledger: &Ledger, commits: &mut [watch::Receiver<u64>]) -> Result<(), LogError> {
        let next = Instant::now() + FEED_POLL;
        let before = self.sent().clone();
        let ends = ledger.log().ends().await?;
        // All that was sent had been committed before the ends were read.
        if before.is_ahead_of(&ends) {
            self.cut(&ends);
        }
        self.catch_up(ledger, &ends).await?;
        while timeout_at(next, any(commits)).await.is_ok() {
            let ends: Vec<u64> = commits.iter_mut().map(|end| *end.borrow_and_update()).collect();
            self.catch_up(ledger, &ends).await?;
            sleep(LIVE_PAUSE).await;
        }
        Ok(())
    }

    async fn catch_up(&self, ledger: &Ledger, ends: &[u64]) -> Result<(), LogError> {
        let tails = ledger.tails();
        loop {
            let from = self.sent().clone();
            let shares = shares(&from, ends, STREAM_PAGE_EVENTS);
            if shares.is_empty() {
                return Ok(());
            }
            let mut batch = Batch::default();
            for share in shares {
                batch.spans.push(match newest(&tails, &share) {
                    Some(span) => span,
                    None => read(&**ledger.log(), &share, &Filter::default()).await?,
                });
            }
            self.send(&from, batch);
        }
    }

    /// Whoever follows has seen what the log does not hold, or may have.
    fn cut(&self, ends: &[u64]) {
        tracing::error!("the log has lost its newest events; whoever follows it is told to come back");
        let mut sent = self.sent();
        *sent = Cursor::at(ends.to_vec());
        let _nobody = self.batches.send(Arc::new(Batch { spans: Vec::new(), is_cut: true }));
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

/// What this node has committed itself, and still holds.
fn newest(tails: &Tails, share: &Share) -> Option<Span> {
    let events =
        tails.read(share.partition, share.after, FeedLimit { events: share.events, bytes: FEED_PAGE_BYTES })?.events;
    let up_to = events.last()?.position;
    let events = events.iter().map(|event| Arc::new(Encoded::from(&**event))).collect();
    Some(Span { partition: share.partition, after: share.after, up_to, events })
}

/// Waits until one of the ends has risen.
async fn any(commits: &mut [watch::Receiver<u64>]) {
    let risen = select_all(commits.iter_mut().map(|end| Box::pin(end.changed())));
    // The ledger outlives whoever follows it.
    let _risen = risen.await;
}
