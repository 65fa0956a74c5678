//! A client of the API, as a service would write it.

use std::time::Duration;

use serde_json::Value;

/// Longer than any answer may take, so that a hanging server fails the test instead of the run.
const TIMEOUT: Duration = Duration::from_secs(30);

#[derive(Clone, Debug)]
pub struct Client {
    http: reqwest::Client,
    base: String,
    key: String,
}

#[derive(Debug)]
pub struct Answer {
    pub status: u16,
    pub headers: reqwest::header::HeaderMap,
    pub body: Value,
}

/// A client without a key. Reqwest's own constructors have no cryptography to choose from, and fail.
pub fn plain() -> reqwest::Client {
    payments::https::client().no_proxy().timeout(TIMEOUT).build().expect("a client needs no resources")
}

impl Client {
    pub fn new(base: &str, key: &str) -> Self {
        Self { http: plain(), base: base.to_owned(), key: key.to_owned() }
    }

    /// The same client with another API key.
    pub fn with_key(&self, key: &str) -> Self {
        Self { key: key.to_owned(), ..self.clone() }
    }

    pub async fn post(&self, path: &str, idempotency_key: &str, body: &Value) -> reqwest::Result<Answer> {
        self.send(self.request("POST", path).header("Idempotency-Key", idempotency_key).json(body)).await
    }

    pub async fn get(&self, path: &str) -> reqwest::Result<Answer> {
        self.send(self.request("GET", path)).await
    }

    /// A request with the key and nothing else, for what the helpers above do not allow.
    pub fn request(&self, method: &str, path: &str) -> reqwest::RequestBuilder {
        let method = method.parse().expect("a method");
        self.http.request(method, format!("{}{path}", self.base)).bearer_auth(&self.key)
    }

    pub async fn send(&self, request: reqwest::RequestBuilder) -> reqwest::Result<Answer> {
        let response = request.send().await?;
        let (status, headers) = (response.status().as_u16(), response.headers().clone());
        let text = response.text().await?;
        let body = serde_json::from_str(&text).unwrap_or(Value::String(text));
        Ok(Answer { status, headers, body })
    }
}
