//! The body of an export: a line an event, from a place to the end of the log as it was when the export began.

use axum::body::Body;
use bytes::Bytes;
use futures::stream;
use store::log::LogError;

use super::{LogReader, StreamPermit, ndjson};
use crate::app::App;
use crate::limits::STREAM_PAGE_EVENTS;

struct Lines {
    app: App,
    reader: LogReader,
    ends: Vec<u64>,
    is_done: bool,
    _permit: StreamPermit,
}

/// The body, read a page at a time as the connection takes it. A failure breaks it off, so that it cannot pass for whole.
pub fn lines(app: App, reader: LogReader, ends: Vec<u64>, permit: StreamPermit) -> Body {
    let lines = Lines { app, reader, ends, is_done: false, _permit: permit };
    Body::from_stream(stream::try_unfold(lines, |mut lines| async {
        Ok::<_, LogError>(lines.next().await?.map(|chunk| (chunk, lines)))
    }))
}

impl Lines {
    async fn next(&mut self) -> Result<Option<Bytes>, LogError> {
        while !self.is_done {
            if *self.app.feed.stopping.borrow() {
                return Err(LogError::Unavailable("the server is shutting down".into()));
            }
            let feed = &self.app.feed;
            let _read = feed.reads.acquire().await.expect("the semaphore is never closed");
            let page = self.reader.page(&*feed.log, &self.ends, STREAM_PAGE_EVENTS).await?;
            self.is_done = page.at_end;
            let chunk = ndjson(&page);
            self.reader.place = page.to;
            if !chunk.is_empty() {
                return Ok(Some(chunk));
            }
        }
        Ok(None)
    }
}
