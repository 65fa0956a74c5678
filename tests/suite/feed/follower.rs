//! A reader of server-sent events, as a service would write it.

use std::time::Duration;

use serde_json::Value;

use crate::support::http::Client;

/// Longer than anything may take here, so that a stream that hangs fails the test instead of the run.
const PATIENCE: Duration = Duration::from_secs(60);

/// An open stream.
pub struct Follower {
    response: reqwest::Response,
    text: String,
    /// The last id, of an event or of a comment.
    pub last_id: Option<String>,
    /// What the server said of when to come back, in milliseconds.
    pub retry: Option<u64>,
}

impl Follower {
    /// Opens a stream, behind an id if there is one; the error is the status of the refusal.
    pub async fn open(client: &Client, path: &str, last_id: Option<&str>) -> Result<Self, u16> {
        let mut request = client.request("GET", path).header("Accept", "text/event-stream").timeout(PATIENCE * 10);
        if let Some(id) = last_id {
            request = request.header("Last-Event-ID", id);
        }
        let response = request.send().await.map_err(|_| 0_u16)?;
        if response.status() != 200 {
            return Err(response.status().as_u16());
        }
        assert_eq!(response.headers()["content-type"], "text/event-stream");
        Ok(Self { response, text: String::new(), last_id: last_id.map(str::to_owned), retry: None })
    }

    /// The next event; `None` when the stream has ended, or was cut.
    pub async fn next(&mut self) -> Option<Value> {
        loop {
            if let Some((block, rest)) = self.text.split_once("\n\n") {
                let (block, rest) = (block.to_owned(), rest.to_owned());
                self.text = rest;
                if let Some(event) = self.take(&block) {
                    return Some(event);
                }
                continue;
            }
            let chunk = tokio::time::timeout(PATIENCE, self.response.chunk()).await.expect("the stream hangs");
            self.text.push_str(std::str::from_utf8(&chunk.ok()??).unwrap());
        }
    }

    /// The next so many events.
    pub async fn take_many(&mut self, count: usize) -> Vec<Value> {
        let mut events = Vec::new();
        while events.len() < count {
            events.push(self.next().await.expect("the stream goes on"));
        }
        events
    }

    fn take(&mut self, block: &str) -> Option<Value> {
        let mut data = None;
        for line in block.lines() {
            match line.split_once(": ") {
                Some(("id", id)) => self.last_id = Some(id.to_owned()),
                Some(("data", text)) => data = Some(serde_json::from_str(text).unwrap()),
                Some(("retry", millis)) => self.retry = Some(millis.parse().unwrap()),
                _ => assert!(line.starts_with(':'), "not a line of a stream: {line}"),
            }
        }
        data
    }
}
