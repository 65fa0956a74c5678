//! A client that asks again with the same key until it knows the outcome.

use std::time::{Duration, Instant};

use anyhow::{Context as _, bail};
use serde_json::Value;

/// Tries of one request; with the pause between them, longer than a restart of the server takes.
const TRIES_MAX: u32 = 100;

/// Between tries.
const PAUSE: Duration = Duration::from_millis(100);

/// No answer takes longer from a server that works.
const ANSWER_TIMEOUT: Duration = Duration::from_secs(30);

#[derive(Clone, Debug)]
pub struct Client {
    http: reqwest::Client,
    base: String,
    key: String,
}

/// An answer that is the outcome, whether accepted or refused.
#[derive(Clone, Debug)]
pub struct Reply {
    pub status: u16,
    pub body: Value,
    /// Of the try that brought the answer.
    pub latency: Duration,
}

impl Client {
    /// # Errors
    /// The system's resources are exhausted.
    pub fn try_new(base: &str, key: &str) -> anyhow::Result<Self> {
        let http = payments::https::client().timeout(ANSWER_TIMEOUT).build()?;
        Ok(Self { http, base: base.trim_end_matches('/').to_owned(), key: key.to_owned() })
    }

    /// # Errors
    /// The server gives no outcome.
    pub async fn post(&self, path: &str, key: &str, body: &Value) -> anyhow::Result<Reply> {
        let url = format!("{}{path}", self.base);
        self.ask(path, || self.http.post(&url).header("idempotency-key", key).json(body)).await
    }

    /// # Errors
    /// The server gives no answer.
    pub async fn get(&self, path: &str) -> anyhow::Result<Reply> {
        let url = format!("{}{path}", self.base);
        self.ask(path, || self.http.get(&url)).await
    }

    /// # Errors
    /// The server gives no answer.
    pub async fn put(&self, path: &str, body: &Value) -> anyhow::Result<Reply> {
        let url = format!("{}{path}", self.base);
        self.ask(path, || self.http.put(&url).json(body)).await
    }

    async fn ask(&self, path: &str, request: impl Fn() -> reqwest::RequestBuilder) -> anyhow::Result<Reply> {
        let mut reason = anyhow::anyhow!("no try was made");
        for _ in 0..TRIES_MAX {
            match self.once(request()).await {
                Ok(reply) if reply.status == 503 => reason = anyhow::anyhow!("the server answers 503: {}", reply.body),
                Ok(reply) => return Ok(reply),
                Err(error) => reason = error,
            }
            tokio::time::sleep(PAUSE).await;
        }
        Err(reason.context(format!("no outcome of {path}")))
    }

    async fn once(&self, request: reqwest::RequestBuilder) -> anyhow::Result<Reply> {
        let start = Instant::now();
        let response = request.bearer_auth(&self.key).send().await?;
        let status = response.status().as_u16();
        let bytes = response.bytes().await?;
        let latency = start.elapsed();
        let body = serde_json::from_slice(&bytes).context("the answer is not JSON")?;
        Ok(Reply { status, body, latency })
    }
}

impl Reply {
    /// The reply, if it has this status.
    ///
    /// # Errors
    /// It has another one.
    pub fn expect(self, status: u16) -> anyhow::Result<Self> {
        if self.status != status {
            bail!("expected {status}, was answered {}: {}", self.status, self.body);
        }
        Ok(self)
    }

    /// The id of what a command made.
    ///
    /// # Errors
    /// There is none.
    pub fn id(&self) -> anyhow::Result<&str> {
        self.body["id"].as_str().with_context(|| format!("no id in {}", self.body))
    }
}
