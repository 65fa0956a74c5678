//! A follower: pages until it has caught up, then live batches, and pages again when it was too slow for those.
//!
//! Invariant: it subscribes before it reads, so what is committed after the read is in a batch, and what is in both is
//! told apart by its place.

use store::log::LogError;

use super::hub::Live;
use super::{Feed, LogReader, Page};
use crate::app::App;
use crate::limits::STREAM_PAGE_EVENTS;

pub struct Follower {
    reader: LogReader,
    live: Live,
    is_behind: bool,
}

impl Follower {
    /// Begins behind the reader's place; `ends` were just read.
    #[must_use]
    pub fn new(feed: &Feed, reader: LogReader, ends: &[u64]) -> Self {
        Self { reader, live: feed.hub.subscribe(ends), is_behind: true }
    }

    #[must_use]
    pub fn reader(&self) -> &LogReader {
        &self.reader
    }

    /// The next page has been delivered.
    pub fn delivered(&mut self, page: Page) {
        self.reader.place = page.to;
    }

    /// Whether the next page is there to be read, and not to be waited for.
    #[must_use]
    pub fn is_behind(&self) -> bool {
        self.is_behind
    }

    /// A page of the log.
    ///
    /// # Errors
    /// The log cannot be read.
    pub async fn read(&mut self, app: &App) -> Result<Page, LogError> {
        let page = app.feed.page(&self.reader, self.live.from.positions(), STREAM_PAGE_EVENTS).await?;
        self.is_behind = !page.at_end;
        Ok(page)
    }

    /// What was committed meanwhile; `None` where pages have to be read again. May be dropped while it waits.
    ///
    /// # Errors
    /// The log cannot be read, or is not the one that was followed.
    pub async fn live(&mut self, app: &App) -> Result<Option<Page>, LogError> {
        // An error: it was too slow for the batches, and some of them are gone.
        let batch = self.live.batches.recv().await.ok();
        if batch.as_ref().is_some_and(|batch| batch.is_cut) {
            return Err(LogError::Corrupt("the log has lost its newest events".to_owned()));
        }
        if let Some(page) = batch.and_then(|batch| self.reader.take(&batch).ok()) {
            return Ok(Some(page));
        }
        self.is_behind = true;
        self.live = app.feed.hub.subscribe(&app.feed.ends().await?);
        Ok(None)
    }
}
