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
            let open = metrics::gauge!("credit_ledger_http_connections");
            open.increment(1.0);
            if let Err(error) = connection(stream, router, bounds, stopped).await {
                tracing::debug!(%error, "a connection ended");
            }
            open.decrement(1.0);
            drop(place);
        });
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

#[cfg(test)]
mod tests {
    use axum::routing::get;
    use bytes::Bytes;
    use tokio::io::{AsyncReadExt, AsyncWriteExt};
    use tokio::time::timeout;

    use super::*;

    /// Far longer than the bounds below.
    const PATIENCE: Duration = Duration::from_secs(10);
    const SHORT: Duration = Duration::from_millis(300);
    const WHOLE: &[u8] = b"GET / HTTP/1.1\r\nHost: x\r\n\r\n";
    const HALF: &[u8] = b"GET / HTTP/1.1\r\nHost: x\r\nX-Sl";

    struct Server {
        address: std::net::SocketAddr,
        stop: watch::Sender<bool>,
        serving: tokio::task::JoinHandle<()>,
    }

    async fn server(bounds: Bounds) -> Server {
        // More than the buffers of a connection take.
        let large = Bytes::from(vec![b'x'; 32 * 1024 * 1024]);
        let large = get(move || async move { large.clone() });
        let router = Router::new().route("/", get(|| async { "ok" })).route("/large", large);
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("there are ports");
        let address = listener.local_addr().expect("it is bound");
        let (stop, stopped) = watch::channel(false);
        let serving = tokio::spawn(run(listener, router, bounds, stopped));
        Server { address, stop, serving }
    }

    impl Server {
        async fn send(&self, bytes: &[u8]) -> TcpStream {
            let mut stream = TcpStream::connect(self.address).await.expect("it listens");
            stream.write_all(bytes).await.expect("it takes bytes");
            stream
        }

        async fn stop(self) {
            self.stop.send_replace(true);
            timeout(PATIENCE, self.serving).await.expect("the drain is held up").expect("no panic");
        }
    }

    fn bounds(connections_max: u32) -> Bounds {
        Bounds { connections_max, header_read_timeout: SHORT, answer_stall_max: SHORT }
    }

    /// The status line of the answer.
    async fn answered(stream: &mut TcpStream) -> bool {
        let mut start = [0; 15];
        timeout(PATIENCE, stream.read_exact(&mut start)).await.is_ok_and(|read| read.is_ok())
            && start == *b"HTTP/1.1 200 OK"
    }

    async fn is_closed(stream: &mut TcpStream) -> bool {
        let mut rest = Vec::new();
        // A reset is an end, too.
        timeout(PATIENCE, stream.read_to_end(&mut rest)).await.is_ok()
    }

    #[tokio::test]
    async fn half_a_request_is_dropped_in_time() {
        let server = server(bounds(8)).await;
        let mut half = server.send(HALF).await;
        let mut silent = server.send(b"").await;
        assert!(is_closed(&mut half).await && is_closed(&mut silent).await, "a connection without a request is kept");
        assert!(answered(&mut server.send(WHOLE).await).await);
        server.stop().await;
    }

    #[tokio::test]
    async fn slow_clients_do_not_starve_others() {
        let server = server(bounds(4)).await;
        let mut slow = Vec::new();
        for _ in 0..12 {
            slow.push(server.send(HALF).await);
        }
        // There is no room until the slow ones, and those that wait behind them, have been dropped.
        assert!(answered(&mut server.send(WHOLE).await).await, "slow clients hold all connections");
        server.stop().await;
    }

    #[tokio::test]
    async fn connections_past_the_bound_wait_for_room() {
        let server = server(Bounds { header_read_timeout: PATIENCE * 2, ..bounds(1) }).await;
        let mut first = server.send(WHOLE).await;
        assert!(answered(&mut first).await);
        let mut second = server.send(WHOLE).await;
        let mut start = [0; 1];
        assert!(timeout(SHORT, second.read_exact(&mut start)).await.is_err(), "two at once");
        drop(first);
        assert!(answered(&mut second).await);
        server.stop().await;
    }

    #[tokio::test]
    async fn whoever_takes_nothing_of_an_answer_is_dropped() {
        let server = server(bounds(1)).await;
        let large = server.send(b"GET /large HTTP/1.1\r\nHost: x\r\n\r\n").await;
        assert!(answered(&mut server.send(WHOLE).await).await, "a client that does not read keeps its connection");
        drop(large);
        server.stop().await;
    }

    #[tokio::test]
    async fn stopping_answers_what_is_in_work_and_waits_for_nobody_who_does_not_read() {
        let server =
            server(Bounds { header_read_timeout: PATIENCE * 2, answer_stall_max: PATIENCE * 2, ..bounds(8) }).await;
        let stalled = server.send(b"GET /large HTTP/1.1\r\nHost: x\r\n\r\n").await;
        let mut idle = server.send(WHOLE).await;
        assert!(answered(&mut idle).await);
        tokio::time::sleep(SHORT).await;
        server.stop().await;
        assert!(is_closed(&mut idle).await);
        drop(stalled);
    }
}
