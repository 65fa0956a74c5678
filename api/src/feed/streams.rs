//! How many streams are open, on this node and by each key.
//!
//! Invariant: a stream is counted as long as its permit lives, and no longer.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::Duration;

use http::StatusCode;

use crate::limits::{STREAMS_MAX, STREAMS_PER_KEY_MAX};
use crate::problem::Problem;

/// When to try again where too many streams are open: they live long.
const RETRY_AFTER_STREAMS: Duration = Duration::from_secs(10);

/// The open streams of a node.
#[derive(Debug, Default)]
pub struct Streams {
    /// By the caller, as it stands in the metadata of events.
    open: Mutex<HashMap<Arc<str>, usize>>,
}

/// One open stream.
#[derive(Debug)]
pub struct StreamPermit {
    streams: Arc<Streams>,
    actor: Arc<str>,
}

impl Streams {
    /// # Errors
    /// 429 when the caller has too many, 503 when the node has.
    pub fn open(self: &Arc<Self>, actor: &Arc<str>) -> Result<StreamPermit, Problem> {
        let mut open = self.lock();
        let of_caller = open.get(actor).copied().unwrap_or(0);
        if of_caller >= STREAMS_PER_KEY_MAX {
            return Err(too_many());
        }
        if open.values().sum::<usize>() >= STREAMS_MAX {
            let detail = "this server has too many streams open; another one may have room";
            return Err(Problem::unavailable("overloaded", detail, RETRY_AFTER_STREAMS));
        }
        open.insert(Arc::clone(actor), of_caller + 1);
        count(&open);
        Ok(StreamPermit { streams: Arc::clone(self), actor: Arc::clone(actor) })
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<Arc<str>, usize>> {
        self.open.lock().expect("no code panics while it holds the counts")
    }
}

impl Drop for StreamPermit {
    fn drop(&mut self) {
        let mut open = self.streams.lock();
        if let Some(of_caller) = open.get_mut(&self.actor) {
            *of_caller -= 1;
        }
        open.retain(|_, of_caller| *of_caller > 0);
        count(&open);
    }
}

fn count(open: &HashMap<Arc<str>, usize>) {
    metrics::gauge!("credit_ledger_feed_streams").set(open.values().sum::<usize>() as f64);
}

fn too_many() -> Problem {
    let detail = format!("this key has {STREAMS_PER_KEY_MAX} streams open on this server; end one first");
    let problem = Problem::new(StatusCode::TOO_MANY_REQUESTS, "too_many_streams", "Too many streams", detail);
    Problem { retry_after: Some(RETRY_AFTER_STREAMS), ..problem.with("maximum", STREAMS_PER_KEY_MAX) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn streams_are_bounded_by_key_and_node_and_counted_while_open() {
        let streams = Arc::new(Streams::default());
        let mut permits: Vec<_> =
            (0..STREAMS_PER_KEY_MAX).map(|_| streams.open(&"key:a".into()).expect("room")).collect();
        let refused = streams.open(&"key:a".into()).expect_err("too many");
        assert_eq!((refused.status.as_u16(), refused.code), (429, "too_many_streams"));
        permits.pop();
        permits.push(streams.open(&"key:a".into()).expect("one has ended"));
        for n in STREAMS_PER_KEY_MAX..STREAMS_MAX {
            permits.push(streams.open(&format!("key:{n}").into()).expect("room"));
        }
        let refused = streams.open(&"key:b".into()).expect_err("too many");
        assert_eq!((refused.status.as_u16(), refused.code), (503, "overloaded"));
        permits.clear();
        assert!(streams.lock().is_empty(), "a stream is still counted");
    }
}
