//! Where requests go and what they all carry.

use std::net::SocketAddr;

use anyhow::ensure;

/// A request as it stands on the wire, with its whole body.
#[derive(Clone, Debug)]
pub struct Call(Vec<u8>);

impl Call {
    pub(super) fn bytes(&self) -> &[u8] {
        &self.0
    }
}

/// A server on this machine.
#[derive(Clone, Debug)]
pub struct Target {
    pub address: SocketAddr,
    authorization: String,
}

impl Target {
    /// # Errors
    /// The address is not of this machine, or the key is no header value.
    pub fn try_new(address: SocketAddr, key: &str) -> anyhow::Result<Self> {
        ensure!(address.ip().is_loopback(), "{address} is not a loopback address: load goes to this machine only");
        Ok(Self { address, authorization: format!("Bearer {}", visible(key)?) })
    }

    /// A POST of JSON. `key` is `None` where the body's items have keys of their own.
    ///
    /// # Errors
    /// The path or the key has characters that HTTP does not allow.
    pub fn post(&self, path: &str, key: Option<&str>, body: impl AsRef<[u8]>) -> anyhow::Result<Call> {
        let header = key.map(|key| ("idempotency-key", key));
        self.send("POST", path, header, body.as_ref())
    }

    /// A POST of JSON with a signature beside it.
    ///
    /// # Errors
    /// As [`Self::post`].
    pub fn post_signed(&self, path: &str, signature: &str, body: impl AsRef<[u8]>) -> anyhow::Result<Call> {
        self.send("POST", path, Some(("stripe-signature", signature)), body.as_ref())
    }

    /// A PUT of JSON.
    ///
    /// # Errors
    /// As [`Self::post`].
    pub fn put(&self, path: &str, body: impl AsRef<[u8]>) -> anyhow::Result<Call> {
        self.send("PUT", path, None, body.as_ref())
    }

    /// A GET.
    ///
    /// # Errors
    /// The path has characters that HTTP does not allow.
    pub fn get(&self, path: &str) -> anyhow::Result<Call> {
        let (address, authorization) = (self.address, &self.authorization);
        let head =
            format!("GET {} HTTP/1.1\r\nhost: {address}\r\nauthorization: {authorization}\r\n\r\n", visible(path)?);
        Ok(Call(head.into_bytes()))
    }

    fn send(&self, method: &str, path: &str, header: Option<(&str, &str)>, body: &[u8]) -> anyhow::Result<Call> {
        let (path, address, authorization, length) = (visible(path)?, self.address, &self.authorization, body.len());
        let mut bytes = format!(
            "{method} {path} HTTP/1.1\r\nhost: {address}\r\nauthorization: {authorization}\r\n\
             content-type: application/json\r\ncontent-length: {length}\r\n"
        )
        .into_bytes();
        if let Some((name, value)) = header {
            for part in [name, ": ", visible(value)?, "\r\n"] {
                bytes.extend_from_slice(part.as_bytes());
            }
        }
        bytes.extend_from_slice(b"\r\n");
        bytes.extend_from_slice(body);
        Ok(Call(bytes))
    }
}

/// A text that ends neither its line nor its word.
fn visible(text: &str) -> anyhow::Result<&str> {
    ensure!(text.bytes().all(|byte| byte.is_ascii_graphic()), "{text:?} has characters that HTTP does not allow here");
    Ok(text)
}
