//! The HTTP side: one listener for the API (`/v1`), the pages that customers see (`/c`) and the tests' controls
//! (`/_control`).

use std::convert::Infallible;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex, PoisonError};

use axum::Router;
use axum::body::Body;
use axum::response::Response;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Notify;
use tokio::task::JoinHandle;
use tower::ServiceExt;

use crate::delivery::{self, Delivery, Endpoint, Sent};
use crate::faults::Fault;
use crate::world::World;
use crate::{control, pages, request};

/// What a simulation starts with.
#[derive(Clone, Debug)]
pub struct Settings {
    /// Port 0 picks a free one.
    pub listen: String,
    pub seed: u64,
    pub endpoints: Vec<Endpoint>,
    pub delivery: Delivery,
}

impl Default for Settings {
    fn default() -> Self {
        Self { listen: "127.0.0.1:0".to_owned(), seed: 1, endpoints: Vec::new(), delivery: Delivery::default() }
    }
}

/// What requests and deliveries share.
#[derive(Debug)]
pub(crate) struct Shared {
    world: Mutex<World>,
    /// Something may have happened that endpoints are to be told.
    pub(crate) wake: Notify,
    pub(crate) client: reqwest::Client,
}

impl Shared {
    /// Works on the account while nobody else does.
    pub(crate) fn with<T>(&self, work: impl FnOnce(&mut World) -> T) -> T {
        // A request that panicked may have left half of its effect: the tests that see it fail, which is enough here.
        let mut world = self.world.lock().unwrap_or_else(PoisonError::into_inner);
        work(&mut world)
    }
}

/// A response that is not sent: the connection ends instead.
#[derive(Clone, Copy, Debug)]
pub(crate) struct HangUp;

/// A running simulation; it ends when this is dropped.
#[derive(Debug)]
pub struct Fake {
    pub addr: SocketAddr,
    shared: Arc<Shared>,
    tasks: [JoinHandle<()>; 2],
}

impl Fake {
    /// # Errors
    /// The address cannot be listened on.
    pub async fn start(settings: Settings) -> std::io::Result<Self> {
        let listener = TcpListener::bind(&settings.listen).await?;
        let addr = listener.local_addr()?;
        let mut world = World::new(settings.seed, format!("http://{addr}"));
        world.endpoints = settings.endpoints;
        world.delivery = settings.delivery;
        let shared = Arc::new(Shared { world: Mutex::new(world), wake: Notify::new(), client: messenger() });
        let router = router(&shared);
        let tasks = [tokio::spawn(accept(listener, router)), tokio::spawn(delivery::run(Arc::clone(&shared)))];
        Ok(Self { addr, shared, tasks })
    }

    #[must_use]
    pub fn url(&self) -> String {
        format!("http://{}", self.addr)
    }

    /// Looks at the account, or changes it; events that this causes are delivered.
    pub fn with<T>(&self, work: impl FnOnce(&mut World) -> T) -> T {
        let result = self.shared.with(work);
        self.shared.wake.notify_one();
        result
    }

    pub fn fault(&self, fault: Fault) {
        self.shared.with(|world| world.faults.add(fault));
    }

    /// Sends what has gathered.
    pub async fn deliver(&self, policy: &Delivery) -> Vec<Sent> {
        delivery::deliver(&self.shared, policy).await
    }

    /// Sends one event, once more where it was sent before.
    pub async fn resend(&self, event: &str) -> Vec<Sent> {
        delivery::send(&self.shared, event).await
    }
}

/// Who carries webhooks. It trusts nobody: deliveries stay on this machine, and plain http needs no trust.
fn messenger() -> reqwest::Client {
    let config = rustls::ClientConfig::builder_with_provider(Arc::new(rustls::crypto::ring::default_provider()))
        .with_safe_default_protocol_versions()
        .expect("ring has ciphers for TLS 1.2 and 1.3")
        .with_root_certificates(rustls::RootCertStore::empty())
        .with_no_client_auth();
    let builder = reqwest::Client::builder().tls_backend_preconfigured(config).no_proxy();
    builder.build().expect("these settings need nothing of the machine")
}

impl Drop for Fake {
    fn drop(&mut self) {
        self.tasks.iter().for_each(JoinHandle::abort);
    }
}

fn router(shared: &Arc<Shared>) -> Router {
    Router::new().merge(control::routes()).merge(pages::routes()).fallback(request::v1).with_state(Arc::clone(shared))
}

async fn accept(listener: TcpListener, router: Router) {
    // Connections end with the simulation.
    let mut connections = tokio::task::JoinSet::new();
    loop {
        if let Ok((stream, _)) = listener.accept().await {
            connections.spawn(connection(stream, router.clone()));
            while connections.try_join_next().is_some() {}
        }
    }
}

async fn connection(stream: TcpStream, router: Router) {
    let service = service_fn(move |request: hyper::Request<hyper::body::Incoming>| {
        let router = router.clone();
        async move { sendable(router.oneshot(request.map(Body::new)).await) }
    });
    // A connection that ends early is what some of the faults are about.
    let _ended = http1::Builder::new().serve_connection(TokioIo::new(stream), service).await;
}

/// An error ends the connection.
fn sendable(answer: Result<Response, Infallible>) -> Result<Response, std::io::Error> {
    let answer = answer.unwrap_or_else(|never| match never {});
    if answer.extensions().get::<HangUp>().is_some() {
        return Err(std::io::Error::other("a fault that was asked for"));
    }
    Ok(answer)
}
