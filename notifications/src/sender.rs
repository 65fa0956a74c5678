//! One try: a POST to the endpoint, and what came of it.
//!
//! Invariant: a name is resolved by us and its addresses are judged where the connection is made, so that no answer of a
//! name server (and no second one) reaches an address that is not allowed. Redirects are not followed, proxies of the
//! environment are not used: either would connect somewhere else.
//! Invariant: nothing of the answer but its status is kept, so that an endpoint can read nothing through us.

use std::net::SocketAddr;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use bytes::Bytes;
use futures::future::BoxFuture;
use http::{Request, Response};
use http_body_util::{BodyExt, Full};
use hyper::body::Incoming;
use hyper_rustls::{HttpsConnector, HttpsConnectorBuilder};
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::client::legacy::connect::dns::Name;
use hyper_util::client::legacy::{Client, Error};
use hyper_util::rt::{TokioExecutor, TokioTimer};
use rustls::{ClientConfig, RootCertStore};
use tower::Service;

use crate::address::Addresses;
use crate::limits::{ANSWER_BYTES_MAX, CONNECT_TIMEOUT, ERROR_BYTES_MAX, LANES_PER_ENDPOINT, TRY_TIMEOUT};
use crate::target::Target;

/// A rest of an answer that takes longer costs more than the connection that it would free.
const REST_TIMEOUT: Duration = Duration::from_millis(500);
/// Connections to receivers that nobody uses are closed before common servers close them.
const IDLE_TIMEOUT: Duration = Duration::from_secs(20);

/// The headers and body of a try.
pub(crate) struct Message<'a> {
    pub(crate) url: &'a str,
    pub(crate) id: String,
    pub(crate) at: i64,
    pub(crate) signatures: String,
    pub(crate) body: String,
}

/// Sends. A client of hyper's own: it follows no redirect and knows no proxy.
pub(crate) struct Sender {
    client: Client<HttpsConnector<HttpConnector<Resolver>>, Full<Bytes>>,
    addresses: Addresses,
}

impl Sender {
    pub(crate) fn new(addresses: Addresses) -> Self {
        let connector = HttpsConnectorBuilder::new().with_tls_config(tls());
        let connector = match addresses {
            Addresses::PublicOnly => connector.https_only(),
            Addresses::PrivateToo => connector.https_or_http(),
        };
        let connector = connector.enable_http1().wrap_connector(http(addresses));
        let client = Client::builder(TokioExecutor::new())
            .pool_timer(TokioTimer::new())
            .pool_idle_timeout(IDLE_TIMEOUT)
            .pool_max_idle_per_host(LANES_PER_ENDPOINT)
            .build(connector);
        Self { client, addresses }
    }

    /// The receiver's status, or why there is none.
    pub(crate) async fn send(&self, message: Message<'_>) -> Result<u16, String> {
        // The setting may have changed since the endpoint was made.
        let target = Target::try_new(message.url, self.addresses);
        let uri = target.and_then(|target| target.uri()).map_err(|error| error.to_string())?;
        let request = Request::post(uri)
            .header("content-type", "application/json")
            .header("user-agent", concat!("credit-ledger/", env!("CARGO_PKG_VERSION")))
            .header(standardwebhooks::HEADER_WEBHOOK_ID, message.id)
            .header(standardwebhooks::HEADER_WEBHOOK_TIMESTAMP, message.at)
            .header(standardwebhooks::HEADER_WEBHOOK_SIGNATURE, message.signatures)
            .body(Full::from(message.body))
            .map_err(|error| error.to_string())?;
        let answer = match tokio::time::timeout(TRY_TIMEOUT, self.client.request(request)).await {
            Ok(answer) => answer.map_err(|error| reason(&error))?,
            Err(_) => return Err("there was no answer in time".to_owned()),
        };
        let status = answer.status().as_u16();
        // Whatever comes of it, the receiver has answered.
        let _ = tokio::time::timeout(REST_TIMEOUT, rest(answer)).await;
        Ok(status)
    }
}

fn http(addresses: Addresses) -> HttpConnector<Resolver> {
    let mut connector = HttpConnector::new_with_resolver(Resolver(addresses));
    connector.set_connect_timeout(Some(CONNECT_TIMEOUT));
    // The scheme is judged by the connector around it.
    connector.enforce_http(false);
    connector
}

fn tls() -> ClientConfig {
    let roots = RootCertStore { roots: webpki_roots::TLS_SERVER_ROOTS.to_vec() };
    ClientConfig::builder_with_provider(Arc::new(rustls::crypto::ring::default_provider()))
        .with_safe_default_protocol_versions()
        .expect("the provider has ciphers for its own versions")
        .with_root_certificates(roots)
        .with_no_client_auth()
}

/// Reads a short answer to its end, so that the connection can be used again.
async fn rest(mut answer: Response<Incoming>) {
    let mut bytes = 0;
    while bytes < ANSWER_BYTES_MAX
        && let Some(Ok(frame)) = answer.frame().await
    {
        bytes += frame.data_ref().map_or(0, Bytes::len);
    }
}

/// What went wrong. Nothing in it names the address, which may hold a token.
fn reason(error: &Error) -> String {
    let what = if error.is_connect() { "there is no connection" } else { "the request failed" };
    let causes = std::iter::successors(std::error::Error::source(error), |error| error.source());
    let why = causes.last().map(|cause| format!(": {cause}")).unwrap_or_default();
    cut(&format!("{what}{why}"))
}

/// What fits a row and a screen.
fn cut(text: &str) -> String {
    let end = (0..=text.len().min(ERROR_BYTES_MAX)).rev().find(|end| text.is_char_boundary(*end)).unwrap_or(0);
    text[..end].replace('\0', " ")
}

#[derive(Debug, thiserror::Error)]
#[error("the name leads to addresses of a private network, of this machine or of its host")]
struct OnlyPrivate;

/// Resolves names and leaves out addresses that are not allowed.
#[derive(Clone)]
struct Resolver(Addresses);

impl Service<Name> for Resolver {
    type Response = std::vec::IntoIter<SocketAddr>;
    type Error = std::io::Error;
    type Future = BoxFuture<'static, std::io::Result<Self::Response>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<std::io::Result<()>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, name: Name) -> Self::Future {
        let addresses = self.0;
        Box::pin(async move {
            let found = tokio::net::lookup_host((name.as_str(), 0)).await?;
            let allowed: Vec<SocketAddr> = found.filter(|found| addresses.allow(found.ip())).collect();
            if allowed.is_empty() {
                return Err(std::io::Error::other(OnlyPrivate));
            }
            Ok(allowed.into_iter())
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use tokio::io::{AsyncReadExt, AsyncWriteExt};
    use tokio::net::TcpListener;

    fn message(url: &str) -> Message<'_> {
        Message { url, id: "1".to_owned(), at: 0, signatures: "v1,x".to_owned(), body: "{}".to_owned() }
    }

    /// Answers each connection with the text, and counts them.
    async fn receiver(answer: &'static str) -> (u16, tokio::task::JoinHandle<()>) {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port is free");
        let port = listener.local_addr().expect("it is bound").port();
        let task = tokio::spawn(async move {
            while let Ok((mut stream, _)) = listener.accept().await {
                let mut request = [0; 4096];
                let _ = stream.read(&mut request).await;
                let _ = stream.write_all(answer.as_bytes()).await;
                // Held open: a receiver that does not end its answer.
                tokio::time::sleep(Duration::from_secs(30)).await;
            }
        });
        (port, task)
    }

    #[tokio::test]
    async fn a_name_that_leads_to_this_machine_is_refused_where_it_connects() {
        let (port, _task) = receiver("HTTP/1.1 200 OK\r\n\r\n").await;
        let refused = Sender::new(Addresses::PublicOnly).send(message(&format!("https://localhost:{port}/"))).await;
        assert!(refused.clone().is_err_and(|why| why.contains("private network")), "{refused:?}");
        let literal = Sender::new(Addresses::PublicOnly).send(message(&format!("https://127.0.0.1:{port}/"))).await;
        assert!(literal.clone().is_err_and(|why| why.contains("private network")), "{literal:?}");
        let plain = Sender::new(Addresses::PublicOnly).send(message("http://example.com/")).await;
        assert!(plain.clone().is_err_and(|why| why.contains("https://")), "{plain:?}");
        let allowed = Sender::new(Addresses::PrivateToo).send(message(&format!("http://localhost:{port}/"))).await;
        assert_eq!(allowed, Ok(200));
    }

    #[tokio::test]
    async fn a_redirect_is_an_answer_and_an_endless_body_holds_nobody() {
        let redirect = "HTTP/1.1 302 Found\r\nLocation: http://127.0.0.1:1/\r\nContent-Length: 0\r\n\r\n";
        let (port, _task) = receiver(redirect).await;
        let sender = Sender::new(Addresses::PrivateToo);
        assert_eq!(sender.send(message(&format!("http://127.0.0.1:{port}/"))).await, Ok(302));
        let (port, _task) = receiver("HTTP/1.1 200 OK\r\nContent-Length: 99999999\r\n\r\nx").await;
        let started = std::time::Instant::now();
        assert_eq!(sender.send(message(&format!("http://127.0.0.1:{port}/"))).await, Ok(200));
        assert!(started.elapsed() < Duration::from_secs(5), "the rest is not waited for");
    }

    #[tokio::test]
    async fn an_error_does_not_tell_the_address() {
        let failed = Sender::new(Addresses::PrivateToo).send(message("http://127.0.0.1:1/?token=s3cret")).await;
        assert!(failed.clone().is_err_and(|why| !why.contains("s3cret") && why.contains("connection")), "{failed:?}");
    }
}
