//! Connections: accepted while there is room, served until they end or the server stops.
//!
//! Invariant: a client that does not send its request, or does not take its answer, loses its connection in bounded time,
//! so that nobody can hold all of them.
//! Absent: TLS and HTTP/2, which a proxy in front adds, as it adds limits by address.

use std::io;
use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use hyper::server::conn::http1;
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::service::TowerToHyperService;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{OwnedSemaphorePermit, Semaphore, watch};

use super::patience::Patient;
use crate::limits::{ANSWER_STALL_MAX, CONNECTIONS_MAX, HEADER_READ_TIMEOUT};

/// After a failure to accept that is the machine's, such as no more files: until some connections have ended.
const ACCEPT_PAUSE: Duration = Duration::from_millis(200);

/// What connections are bounded by. The defaults are right for a server; tests make them small.
#[derive(Clone, Copy, Debug)]
pub(super) struct Bounds {
    pub(super) connections_max: u32,
    pub(super) header_read_timeout: Duration,
    pub(super) answer_stall_max: Duration,
}

impl Default for Bounds {
    fn default() -> Self {
        Self {
            connections_max: CONNECTIONS_MAX,
            header_read_timeout: HEADER_READ_TIMEOUT,
            answer_stall_max: ANSWER_STALL_MAX,
        }
    }
}

/// Serves until told to stop, and then until every connection has ended.
pub(super) async fn run(listener: TcpListener, router: Router, bounds: Bounds, stopped: watch::Receiver<bool>) {
    // So that the routes are made once, and not for each request.
    let router = router.with_state(());
    let room = usize::try_from(bounds.connections_max).expect("a u32 fits");
    let room = Arc::new(Semaphore::new(room));
    let mut stopping = stopped.clone();
    loop {
        let accepted = tokio::select! {
            // An error means that the handle is gone: nobody can stop the server any more, so it stops.
            _ = stopping.wait_for(|stop| *stop) => break,
            accepted = accept(&listener, &room) => accepted,
        };
        let (stream, place) = accepted;
        let (router, stopped) = (router.clone(), stopped.clone());
        tokio::spawn(async move {
            if let Err(error) = connection(stream, router, bounds, stopped).await {
                tracing::debug!(%error, "a connection ended");
            }
            drop(place);
        });
        let open = bounds.connections_max - u32::try_from(room.available_permits()).unwrap_or(0);
        metrics::gauge!("credit_ledger_http_connections").set(f64::from(open));
    }
    drop(listener);
    let _all = room.acquire_many(bounds.connections_max).await;
}

/// The next connection. Where there is no room, callers wait in the listener's own queue.
async fn accept(listener: &TcpListener, room: &Arc<Semaphore>) -> (TcpStream, OwnedSemaphorePermit) {
    let place = Arc::clone(room).acquire_owned().await.expect("the semaphore is never closed");
    loop {
        match listener.accept().await {
            Ok((stream, _)) => return (stream, place),
            Err(error) if is_of_the_caller(&error) => tracing::debug!(%error, "a connection was not made"),
            Err(error) => {
                tracing::warn!(%error, "connections cannot be accepted");
                tokio::time::sleep(ACCEPT_PAUSE).await;
            }
        }
    }
}

fn is_of_the_caller(error: &io::Error) -> bool {
    let kinds = [io::ErrorKind::ConnectionAborted, io::ErrorKind::ConnectionRefused, io::ErrorKind::ConnectionReset];
    kinds.contains(&error.kind())
}

async fn connection(
    stream: TcpStream,
    router: Router,
    bounds: Bounds,
    mut stopped: watch::Receiver<bool>,
) -> hyper::Result<()> {
    // Without it an answer waits for the acknowledgement of the one before.
    if let Err(error) = stream.set_nodelay(true) {
        tracing::debug!(%error, "TCP_NODELAY could not be set");
    }
    let stream = Patient::new(stream, bounds.answer_stall_max, stopped.clone());
    let mut builder = http1::Builder::new();
    builder.timer(TokioTimer::new()).header_read_timeout(bounds.header_read_timeout);
    let mut serving = pin!(builder.serve_connection(TokioIo::new(stream), TowerToHyperService::new(router)));
    tokio::select! {
        served = serving.as_mut() => return served,
        _ = stopped.wait_for(|stop| *stop) => serving.as_mut().graceful_shutdown(),
    }
    serving.await
}
