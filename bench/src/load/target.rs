//! Where requests go and what they all carry.

use std::net::SocketAddr;

use anyhow::ensure;
use bytes::Bytes;
use http_body_util::Full;
use hyper::header::{AUTHORIZATION, CONTENT_TYPE, HOST, HeaderValue};
use hyper::{Method, Request};

/// A request with its whole body.
pub type Call = Request<Full<Bytes>>;

/// A server on this machine.
#[derive(Clone, Debug)]
pub struct Target {
    pub address: SocketAddr,
    host: HeaderValue,
    authorization: HeaderValue,
}

impl Target {
    /// # Errors
    /// The address is not of this machine, or the key is no header value.
    pub fn try_new(address: SocketAddr, key: &str) -> anyhow::Result<Self> {
        ensure!(address.ip().is_loopback(), "{address} is not a loopback address: load goes to this machine only");
        let mut authorization = HeaderValue::try_from(format!("Bearer {key}"))?;
        authorization.set_sensitive(true);
        Ok(Self { address, host: HeaderValue::try_from(address.to_string())?, authorization })
    }

    /// A POST of JSON. `key` is `None` where the body's items have keys of their own.
    ///
    /// # Errors
    /// The path or the key has characters that HTTP does not allow.
    pub fn post(&self, path: &str, key: Option<&str>, body: impl Into<Bytes>) -> anyhow::Result<Call> {
        self.send(Method::POST, path, key, body)
    }

    /// A PUT of JSON.
    ///
    /// # Errors
    /// As [`Self::post`].
    pub fn put(&self, path: &str, body: impl Into<Bytes>) -> anyhow::Result<Call> {
        self.send(Method::PUT, path, None, body)
    }

    fn send(&self, method: Method, path: &str, key: Option<&str>, body: impl Into<Bytes>) -> anyhow::Result<Call> {
        let mut request = Request::builder()
            .method(method)
            .uri(path)
            .header(HOST, self.host.clone())
            .header(AUTHORIZATION, self.authorization.clone())
            .header(CONTENT_TYPE, HeaderValue::from_static("application/json"));
        if let Some(key) = key {
            request = request.header("idempotency-key", key);
        }
        Ok(request.body(Full::new(body.into()))?)
    }

    /// A GET.
    ///
    /// # Errors
    /// The path has characters that HTTP does not allow.
    pub fn get(&self, path: &str) -> anyhow::Result<Call> {
        let request = Request::builder()
            .uri(path)
            .header(HOST, self.host.clone())
            .header(AUTHORIZATION, self.authorization.clone());
        Ok(request.body(Full::new(Bytes::new()))?)
    }
}
