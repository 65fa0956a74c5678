//! A way to the database that falls silent: bytes are taken, and nothing comes back.

use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

use sqlx::postgres::{PgConnectOptions, PgSslMode};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::tcp::{OwnedReadHalf, OwnedWriteHalf};
use tokio::net::unix;
use tokio::net::{TcpListener, UnixStream};

/// Passes on what it is sent, until it is silent: then answers are swallowed.
#[derive(Default)]
pub struct Proxy {
    silent: AtomicBool,
    connections: AtomicUsize,
    /// Connections of a smaller number are silent for ever.
    forgotten: AtomicUsize,
    /// What a client says before the proxy falls silent.
    last_word: Mutex<Option<&'static str>>,
}

impl Proxy {
    /// In front of the tests' server; answers how to connect to it.
    pub async fn start(to: &PgConnectOptions) -> (Arc<Self>, PgConnectOptions) {
        let socket = to.get_socket().expect("the shared server has a socket");
        let server = socket.join(format!(".s.PGSQL.{}", to.get_port()));
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("there is a free port");
        let port = listener.local_addr().expect("it listens").port();
        let proxy = Arc::new(Self::default());
        tokio::spawn(Arc::clone(&proxy).run(listener, server));
        let options = PgConnectOptions::new_without_pgpass()
            .host("127.0.0.1")
            .port(port)
            .username(to.get_username())
            .database(to.get_database().expect("it was named"))
            .ssl_mode(PgSslMode::Disable);
        (proxy, options)
    }

    /// Swallows answers, of new connections too.
    pub fn fall_silent(&self) {
        self.silent.store(true, Ordering::SeqCst);
    }

    /// Falls silent when a client says this, which still arrives.
    pub fn fall_silent_after(&self, word: &'static str) {
        *self.last_word.lock().expect("nothing panics with it") = Some(word);
    }

    pub fn is_silent(&self) -> bool {
        self.silent.load(Ordering::SeqCst)
    }

    /// Passes answers on again; what was swallowed is gone.
    pub fn speak(&self) {
        self.silent.store(false, Ordering::SeqCst);
    }

    /// Forgets all connections that there are, as a firewall does.
    pub fn forget_connections(&self) {
        self.forgotten.store(self.connections.load(Ordering::SeqCst), Ordering::SeqCst);
    }

    async fn run(self: Arc<Self>, listener: TcpListener, server: PathBuf) {
        while let Ok((client, _)) = listener.accept().await {
            let number = self.connections.fetch_add(1, Ordering::SeqCst);
            let (from_client, to_client) = client.into_split();
            let (from_server, to_server) = UnixStream::connect(&server).await.expect("the server runs").into_split();
            tokio::spawn(Arc::clone(&self).ask(from_client, to_server));
            tokio::spawn(Arc::clone(&self).answer(number, from_server, to_client));
        }
    }

    async fn ask(self: Arc<Self>, mut from: OwnedReadHalf, mut to: unix::OwnedWriteHalf) {
        let mut buffer = vec![0; 65_536];
        while let Ok(length @ 1..) = from.read(&mut buffer).await {
            self.hear(&String::from_utf8_lossy(&buffer[..length]));
            if to.write_all(&buffer[..length]).await.is_err() {
                return;
            }
        }
    }

    fn hear(&self, said: &str) {
        let mut last_word = self.last_word.lock().expect("nothing panics with it");
        if last_word.take_if(|word| said.contains(*word)).is_some() {
            self.fall_silent();
        }
    }

    async fn answer(self: Arc<Self>, number: usize, mut from: unix::OwnedReadHalf, mut to: OwnedWriteHalf) {
        let mut buffer = vec![0; 65_536];
        while let Ok(length @ 1..) = from.read(&mut buffer).await {
            let is_heard = !self.is_silent() && number >= self.forgotten.load(Ordering::SeqCst);
            if is_heard && to.write_all(&buffer[..length]).await.is_err() {
                return;
            }
        }
    }
}
