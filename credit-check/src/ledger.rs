//! The ledger over HTTP: requests that are repeated, with the same key, while nobody knows their outcome.
//!
//! Invariant: a call is answered by the ledger or not at all; what may have happened is never taken for a refusal.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use http::header::{AUTHORIZATION, RETRY_AFTER};
use http::{HeaderMap, HeaderValue, Method, StatusCode};
use reqwest::Url;
use rustls::{ClientConfig, RootCertStore};
use serde_json::{Value, json};
use uuid::Uuid;

use crate::retry::Patience;

/// One try: a commit takes milliseconds, a ledger that takes this long is stuck.
const TRY_MAX: Duration = Duration::from_secs(5);
/// Connecting within a data center takes a millisecond.
const CONNECT_MAX: Duration = Duration::from_secs(2);
/// The longest pause that a server may ask for and be given.
const RETRY_AFTER_MAX: Duration = Duration::from_secs(30);
/// How long a refund is tried.
const REFUND_WITHIN: Duration = Duration::from_secs(30);

/// Where the ledger is, and the key for it (scope `command`). Cheap to clone.
#[derive(Clone, Debug)]
pub struct Ledger {
    http: reqwest::Client,
    base: Arc<str>,
}

/// Not a ledger's address, or not a key.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum InvalidLedger {
    #[error("the ledger's address is of the form http://host:port")]
    Address,
    #[error("an API key is visible ASCII")]
    Key,
}

/// What the ledger has answered.
#[derive(Debug)]
pub(crate) struct Reply {
    pub(crate) status: StatusCode,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Value,
}

impl Reply {
    pub(crate) fn code(&self) -> &str {
        self.body["code"].as_str().unwrap_or_default()
    }

    pub(crate) fn id(&self) -> Option<Uuid> {
        self.body["id"].as_str().and_then(|id| id.parse().ok())
    }
}

/// No answer within the time that there was: whether the call took effect is not known.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct NoAnswer;

/// A call of the ledger.
#[derive(Clone, Debug)]
pub(crate) struct Call {
    method: Method,
    path: String,
    /// The idempotency key and the body.
    command: Option<(String, Value)>,
}

impl Call {
    pub(crate) fn get(path: String) -> Self {
        Self { method: Method::GET, path, command: None }
    }

    pub(crate) fn post(path: String, key: String, body: Value) -> Self {
        Self { method: Method::POST, path, command: Some((key, body)) }
    }
}

/// Why credits were not given back.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum RefundError {
    #[error("the ledger does not answer; the same refund may be asked for again")]
    NoAnswer,
    #[error("the ledger refused the refund: {code}")]
    Refused { code: String },
}

impl Ledger {
    /// # Errors
    /// [`InvalidLedger`].
    ///
    /// # Panics
    /// Never: the client needs nothing of the machine.
    pub fn new(address: &str, api_key: &str) -> Result<Self, InvalidLedger> {
        let url = Url::parse(address).map_err(|_| InvalidLedger::Address)?;
        if !matches!(url.scheme(), "http" | "https") || !url.has_host() || url.query().is_some() {
            return Err(InvalidLedger::Address);
        }
        let mut bearer = HeaderValue::try_from(format!("Bearer {api_key}")).map_err(|_| InvalidLedger::Key)?;
        bearer.set_sensitive(true);
        let http = reqwest::Client::builder()
            .tls_backend_preconfigured(tls())
            .default_headers([(AUTHORIZATION, bearer)].into_iter().collect())
            .connect_timeout(CONNECT_MAX)
            // A redirect would carry the key to another host; a proxy of the environment would, too.
            .redirect(reqwest::redirect::Policy::none())
            .no_proxy()
            .build()
            .expect("these settings need nothing of the machine");
        Ok(Self { http, base: url.as_str().trim_end_matches('/').into() })
    }

    /// Gives credits back of something that was charged, such as the rest of a stream that ended early. The key makes a
    /// repeated refund the same one.
    ///
    /// # Errors
    /// [`RefundError`].
    pub async fn refund(
        &self,
        organization: &str,
        consumption: Uuid,
        amount: u64,
        key: &str,
    ) -> Result<(), RefundError> {
        let path = format!("/v1/organizations/{organization}/consumptions/{consumption}/refund");
        let call = Call::post(path, key.to_owned(), json!({"amount": amount, "reason": "unused"}));
        let reply =
            self.ask(&call, &mut Patience::new(REFUND_WITHIN)).await.map_err(|NoAnswer| RefundError::NoAnswer)?;
        if reply.status.is_success() {
            return Ok(());
        }
        Err(RefundError::Refused { code: reply.code().to_owned() })
    }

    /// Asks until the ledger answers, or there is no time left. A 429 is an answer: the caller knows whether to wait.
    pub(crate) async fn ask(&self, call: &Call, patience: &mut Patience) -> Result<Reply, NoAnswer> {
        loop {
            let tried = tokio::time::timeout(TRY_MAX.min(patience.left()), self.ask_once(call)).await;
            let retry_after = match tried {
                Ok(Ok(reply)) if !reply.status.is_server_error() => return Ok(reply),
                Ok(Ok(reply)) => retry_after(&reply.headers),
                Ok(Err(error)) => {
                    tracing::debug!(error = %error.without_url(), "the ledger did not answer");
                    None
                }
                Err(_) => None,
            };
            if !patience.pause(retry_after).await {
                return Err(NoAnswer);
            }
        }
    }

    async fn ask_once(&self, call: &Call) -> reqwest::Result<Reply> {
        let mut request = self.http.request(call.method.clone(), format!("{}{}", self.base, call.path));
        if let Some((key, body)) = &call.command {
            request = request.header("idempotency-key", key).json(body);
        }
        let response = request.send().await?;
        let (status, headers) = (response.status(), response.headers().clone());
        let bytes = response.bytes().await?;
        // What is no JSON was not written by the ledger, and has none of the fields that are looked for.
        let body = serde_json::from_slice(&bytes).unwrap_or(Value::Null);
        Ok(Reply { status, headers, body })
    }
}

/// When to come back, as the ledger says it.
pub(crate) fn retry_after(headers: &HeaderMap) -> Option<Duration> {
    let seconds = headers.get(RETRY_AFTER)?.to_str().ok()?.parse().ok()?;
    Some(Duration::from_secs(seconds).min(RETRY_AFTER_MAX))
}

fn tls() -> ClientConfig {
    let roots = RootCertStore { roots: webpki_roots::TLS_SERVER_ROOTS.to_vec() };
    ClientConfig::builder_with_provider(Arc::new(rustls::crypto::ring::default_provider()))
        .with_safe_default_protocol_versions()
        .expect("ring has ciphers for TLS 1.2 and 1.3")
        .with_root_certificates(roots)
        .with_no_client_auth()
}

impl fmt::Display for Call {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.method, self.path)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_and_a_key_are_checked() {
        assert!(Ledger::new("http://127.0.0.1:8080", "clk_1").is_ok());
        assert!(Ledger::new("https://ledger.internal/", "clk_1").is_ok());
        for bad in ["", "ledger:8080", "ftp://ledger", "http://", "http://ledger/?a=b"] {
            assert_eq!(Ledger::new(bad, "clk_1").err(), Some(InvalidLedger::Address), "{bad}");
        }
        assert_eq!(Ledger::new("http://ledger", "a\nb").err(), Some(InvalidLedger::Key));
    }

    #[test]
    fn a_key_is_not_shown() {
        let ledger = Ledger::new("http://ledger", "clk_secret").expect("sound");
        assert!(!format!("{ledger:?}").contains("clk_secret"));
    }
}
