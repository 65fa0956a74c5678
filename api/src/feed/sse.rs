//! The body of a stream of server-sent events, made when the connection has room for more.
//!
//! Invariant: it ends soon after its key is revoked and at once when the server shuts down, and says when to come back.

use std::convert::Infallible;

use axum::body::Body;
use bytes::Bytes;
use futures::stream;
use http::{HeaderMap, Method};
use store::log::LogError;
use tokio::sync::watch;
use tokio::time::{Instant, sleep_until};

use super::{Follower, Page, Shape, StreamPermit, encoded};
use crate::app::App;
use crate::limits::{STREAM_HEARTBEAT, STREAM_KEY_CHECK, STREAM_RETRY};

/// A stream on its way.
struct Sse {
    app: App,
    follower: Follower,
    reading: Reading,
    stopping: watch::Receiver<bool>,
    heartbeat_at: Instant,
    check_at: Instant,
    stage: Stage,
    _permit: StreamPermit,
}

/// Who reads, and how much of each event.
pub struct Reading {
    /// What the caller was known by: asked again now and then.
    pub credentials: HeaderMap,
    pub shape: Shape,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Stage {
    Opening,
    Open,
    Ended,
}

/// The body: events as they come, a comment where none do.
pub fn sse(app: App, follower: Follower, reading: Reading, permit: StreamPermit) -> Body {
    let now = Instant::now();
    let sse = Sse {
        stopping: app.feed.stopping.clone(),
        app,
        follower,
        reading,
        heartbeat_at: now + STREAM_HEARTBEAT,
        check_at: now + STREAM_KEY_CHECK,
        stage: Stage::Opening,
        _permit: permit,
    };
    let chunks =
        stream::unfold(sse, |mut sse| async { sse.next().await.map(|chunk| (Ok::<_, Infallible>(chunk), sse)) });
    Body::from_stream(chunks)
}

impl Sse {
    async fn next(&mut self) -> Option<Bytes> {
        match self.stage {
            Stage::Ended => None,
            // At once, so that the client knows that it is connected.
            Stage::Opening => {
                self.stage = Stage::Open;
                Some(retry())
            }
            Stage::Open => Some(self.chunk().await.unwrap_or_else(|| {
                self.stage = Stage::Ended;
                retry()
            })),
        }
    }

    /// The next chunk; `None` where the stream has to end.
    async fn chunk(&mut self) -> Option<Bytes> {
        loop {
            if *self.stopping.borrow() || (Instant::now() >= self.check_at && !self.may_go_on().await) {
                return None;
            }
            match self.page().await {
                Ok(Some(page)) => {
                    if let Some(chunk) = self.deliver(page) {
                        return Some(chunk);
                    }
                }
                Ok(None) => {}
                Err(error) => {
                    tracing::warn!(%error, "a stream of events ends");
                    return None;
                }
            }
            if Instant::now() >= self.heartbeat_at {
                return Some(self.heartbeat());
            }
        }
    }

    /// What comes next, or `None` when something else is due.
    async fn page(&mut self) -> Result<Option<Page>, LogError> {
        if self.follower.is_behind() {
            return self.follower.read(&self.app).await.map(Some);
        }
        let due = self.check_at.min(self.heartbeat_at);
        tokio::select! {
            page = self.follower.live(&self.app) => page,
            () = sleep_until(due) => Ok(None),
            _ = self.stopping.wait_for(|stopping| *stopping) => Ok(None),
        }
    }

    fn encoded(&self, page: &Page) -> Bytes {
        encoded::sse(&self.follower.reader().place, page, self.reading.shape)
    }

    fn deliver(&mut self, page: Page) -> Option<Bytes> {
        let chunk = (!page.events.is_empty()).then(|| self.encoded(&page));
        self.follower.delivered(page);
        if chunk.is_some() {
            self.heartbeat_at = Instant::now() + STREAM_HEARTBEAT;
        }
        chunk
    }

    /// Keeps proxies from closing the connection, and tells the place where nothing that was wanted has come for long.
    fn heartbeat(&mut self) -> Bytes {
        self.heartbeat_at = Instant::now() + STREAM_HEARTBEAT;
        format!(": heartbeat\nid: {}\n\n", self.follower.reader().place).into()
    }

    /// Whether the caller may still do what it was let in for.
    async fn may_go_on(&mut self) -> bool {
        self.check_at = Instant::now() + STREAM_KEY_CHECK;
        match self.app.auth.caller(&Method::GET, &self.reading.credentials).await {
            Ok(_) => true,
            // Whoever cannot be asked about is not known to be revoked.
            Err(problem) => problem.retryable(),
        }
    }
}

/// When the client comes back after the stream has ended, however it ends.
fn retry() -> Bytes {
    format!("retry: {}\n\n", STREAM_RETRY.as_millis()).into()
}
