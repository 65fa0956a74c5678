//! Sends requests, and sends them again while nobody knows what happened.

use std::time::{Duration, Instant};

use reqwest::header::{AUTHORIZATION, CONTENT_TYPE, HeaderMap, HeaderValue};
use serde::de::DeserializeOwned;
use stripe_client_core::{RequestBuilder, StripeMethod};

use super::answer::{Answer, Trouble};
use super::patience::Patience;
use super::requests::sorted;
use super::settings::StripeSettings;
use crate::gateway::{Doubt, GatewayError, RequestKey};
use crate::https;

/// The largest answer that is read: a page of a hundred events is well below it.
const ANSWER_BYTES_MAX: usize = 16 * 1024 * 1024;

#[derive(Debug)]
pub(super) struct Transport {
    http: reqwest::Client,
    settings: StripeSettings,
    patience: Patience,
}

impl Transport {
    pub(super) fn new(settings: StripeSettings, patience: Patience) -> Self {
        let builder = https::client()
            .connect_timeout(patience.connect)
            // A redirect would carry the key to another host.
            .redirect(reqwest::redirect::Policy::none())
            .user_agent(concat!("credit-ledger/", env!("CARGO_PKG_VERSION")))
            .default_headers(headers(&settings));
        let builder = if settings.is_loopback() { builder.no_proxy() } else { builder };
        Self { http: builder.build().expect("these settings need nothing of the machine"), settings, patience }
    }

    /// Changes something, once for each key.
    pub(super) async fn post<T: DeserializeOwned>(
        &self,
        key: &RequestKey,
        request: RequestBuilder,
    ) -> Result<T, Trouble> {
        self.send(request, Some(key)).await
    }

    pub(super) async fn get<T: DeserializeOwned>(&self, request: RequestBuilder) -> Result<T, Trouble> {
        self.send(request, None).await
    }

    async fn send<T: DeserializeOwned>(&self, request: RequestBuilder, key: Option<&RequestKey>) -> Result<T, Trouble> {
        let begun = Instant::now();
        let mut tries = 0;
        loop {
            tries += 1;
            let (trouble, may_retry) = match self.attempt(&request, key, begun.elapsed()).await {
                Ok(object) => return Ok(object),
                Err(failed) => failed,
            };
            let pause = self.patience.pause(tries, begun.elapsed(), rand::random_range(0..=1000));
            match pause.filter(|_| may_retry) {
                Some(pause) => tokio::time::sleep(pause).await,
                None => return Err(trouble),
            }
        }
    }

    async fn attempt<T: DeserializeOwned>(
        &self,
        request: &RequestBuilder,
        key: Option<&RequestKey>,
        elapsed: Duration,
    ) -> Result<T, (Trouble, bool)> {
        let sent = tokio::time::timeout(self.patience.left(elapsed), self.exchange(request, key)).await;
        let (status, headers, body) = match sent {
            Ok(Ok(received)) => received,
            Ok(Err(why)) => return Err((unanswered(why), true)),
            Err(_) => return Err((unanswered(Doubt::Timeout), true)),
        };
        let text = |name: &str| headers.get(name).and_then(|value| value.to_str().ok());
        let answer = Answer {
            status,
            should_retry: text("stripe-should-retry").and_then(|value| value.parse().ok()),
            request_id: text("request-id").map(str::to_owned),
            body: &body,
        };
        let (path, request_id) = (request.path.as_str(), answer.request_id.as_deref());
        let replayed = text("idempotent-replayed").is_some();
        tracing::info!(path, status, request_id, replayed, "Stripe answered");
        answer.judge().map_err(|trouble| {
            let may_retry = answer.may_retry(&trouble);
            (trouble, may_retry)
        })
    }

    async fn exchange(
        &self,
        request: &RequestBuilder,
        key: Option<&RequestKey>,
    ) -> Result<(u16, HeaderMap, Vec<u8>), Doubt> {
        let query = request.query.as_deref().filter(|query| !query.is_empty());
        let query = query.map(|query| format!("?{query}")).unwrap_or_default();
        let url = format!("{}/v1{}{query}", self.settings.base(), request.path);
        let call = match request.method {
            StripeMethod::Get => self.http.get(url),
            StripeMethod::Post => {
                let body = request.body.as_deref().map(sorted).unwrap_or_default();
                self.http.post(url).header(CONTENT_TYPE, "application/x-www-form-urlencoded").body(body)
            }
            StripeMethod::Delete => self.http.delete(url),
        };
        let call = match key {
            Some(key) => call.header("Idempotency-Key", key.as_str()),
            None => call,
        };
        let mut response = call.send().await.map_err(|error| lost(&error))?;
        let (status, headers) = (response.status().as_u16(), response.headers().clone());
        let mut body = Vec::new();
        while let Some(chunk) = response.chunk().await.map_err(|error| lost(&error))? {
            if body.len() + chunk.len() > ANSWER_BYTES_MAX {
                return Err(Doubt::Unreadable { status, problem: "the answer is too long".to_owned() });
            }
            body.extend_from_slice(&chunk);
        }
        Ok((status, headers, body))
    }
}

fn headers(settings: &StripeSettings) -> HeaderMap {
    let mut bearer = HeaderValue::from_str(&format!("Bearer {}", settings.secret_key()))
        .expect("a key is visible ASCII: the settings have checked it");
    bearer.set_sensitive(true);
    let version = HeaderValue::from_str(&super::api_version()).expect("a version is visible ASCII");
    HeaderMap::from_iter([(AUTHORIZATION, bearer), (http::HeaderName::from_static("stripe-version"), version)])
}

fn unanswered(why: Doubt) -> Trouble {
    tracing::warn!(%why, "Stripe did not answer");
    Trouble::Gateway(GatewayError::Unknown { why, request_id: None })
}

/// Without the address, which may hold a customer's id in its query.
fn lost(error: &reqwest::Error) -> Doubt {
    if error.is_timeout() {
        return Doubt::Timeout;
    }
    let stage = if error.is_connect() { "while connecting" } else { "before the answer was complete" };
    Doubt::Connection(stage.to_owned())
}
