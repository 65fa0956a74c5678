//! A way to the database that tells which statements go over it.

use std::collections::HashMap;
use std::sync::{Arc, Mutex};

use sqlx::postgres::PgConnectOptions;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream, UnixStream};

/// A statement that was executed, with its parameters as they went over the wire.
#[derive(Clone, Debug)]
pub struct Executed {
    pub sql: String,
    pub parameters: Vec<Option<Vec<u8>>>,
}

impl Executed {
    /// A parameter that is a whole number of any width.
    pub fn number(&self, place: usize) -> i64 {
        let bytes = self.parameters[place].as_ref().expect("it is not NULL");
        bytes.iter().fold(0, |number, byte| number << 8 | i64::from(*byte))
    }
}

pub struct Wire {
    /// How to connect over it.
    pub options: PgConnectOptions,
    seen: Arc<Mutex<Vec<Executed>>>,
}

impl Wire {
    pub async fn to(server: &PgConnectOptions) -> Self {
        let socket = server.get_socket().expect("the shared server has a socket");
        let socket = socket.join(format!(".s.PGSQL.{}", server.get_port()));
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
        let port = listener.local_addr().expect("it is bound").port();
        let seen = Arc::new(Mutex::new(Vec::new()));
        let options = PgConnectOptions::new_without_pgpass()
            .host("127.0.0.1")
            .port(port)
            .username(server.get_username())
            .database(server.get_database().expect("it was named"))
            .ssl_mode(sqlx::postgres::PgSslMode::Disable);
        let told = Arc::clone(&seen);
        tokio::spawn(async move {
            while let Ok((client, _)) = listener.accept().await {
                let server = UnixStream::connect(&socket).await.expect("the server runs");
                tokio::spawn(pass(client, server, Arc::clone(&told)));
            }
        });
        Self { options, seen }
    }

    /// What was executed since the last call.
    pub fn take(&self) -> Vec<Executed> {
        std::mem::take(&mut self.seen.lock().expect("nobody panics with it"))
    }
}

async fn pass(client: TcpStream, server: UnixStream, seen: Arc<Mutex<Vec<Executed>>>) {
    let (mut from_client, mut to_client) = client.into_split();
    let (mut from_server, mut to_server) = server.into_split();
    let answers = tokio::spawn(async move { tokio::io::copy(&mut from_server, &mut to_client).await });
    let mut session = Session::default();
    let mut buffer = vec![0; 65_536];
    while let Ok(length @ 1..) = from_client.read(&mut buffer).await {
        seen.lock().expect("nobody panics with it").extend(session.sent(&buffer[..length]));
        if to_server.write_all(&buffer[..length]).await.is_err() {
            break;
        }
    }
    drop(to_server);
    let _ = answers.await;
}

/// What a client has said, as far as statements are concerned.
#[derive(Default)]
struct Session {
    bytes: Vec<u8>,
    has_started: bool,
    statements: HashMap<Vec<u8>, String>,
}

impl Session {
    fn sent(&mut self, bytes: &[u8]) -> Vec<Executed> {
        self.bytes.extend_from_slice(bytes);
        let mut executed = Vec::new();
        loop {
            // The first message has no kind.
            let kind = usize::from(self.has_started);
            let Some(length) = self.bytes.get(kind..kind + 4) else { return executed };
            let end = kind + u32::from_be_bytes(length.try_into().expect("four bytes")) as usize;
            if self.bytes.len() < end {
                return executed;
            }
            let message: Vec<u8> = self.bytes.drain(..end).collect();
            if std::mem::replace(&mut self.has_started, true) {
                executed.extend(self.message(message[0], &message[5..]));
            }
        }
    }

    /// A parsed statement is remembered by its name; binding it is taken for executing it.
    fn message(&mut self, kind: u8, body: &[u8]) -> Option<Executed> {
        match kind {
            b'P' => {
                let (name, rest) = text(body);
                let (sql, _) = text(rest);
                self.statements.insert(name.to_vec(), String::from_utf8_lossy(sql).into_owned());
                None
            }
            b'B' => {
                let (_portal, rest) = text(body);
                let (name, rest) = text(rest);
                let (formats, rest) = short(rest);
                let (count, mut rest) = short(&rest[2 * formats..]);
                let mut parameters = Vec::new();
                for _ in 0..count {
                    let length = i32::from_be_bytes(rest[..4].try_into().expect("four bytes"));
                    let length = usize::try_from(length).ok();
                    parameters.push(length.map(|length| rest[4..4 + length].to_vec()));
                    rest = &rest[4 + length.unwrap_or(0)..];
                }
                Some(Executed { sql: self.statements[name].clone(), parameters })
            }
            b'Q' => Some(Executed { sql: String::from_utf8_lossy(text(body).0).into_owned(), parameters: Vec::new() }),
            _ => None,
        }
    }
}

/// Up to the zero byte, and behind it.
fn text(bytes: &[u8]) -> (&[u8], &[u8]) {
    let end = bytes.iter().position(|byte| *byte == 0).expect("it ends");
    (&bytes[..end], &bytes[end + 1..])
}

fn short(bytes: &[u8]) -> (usize, &[u8]) {
    (usize::from(u16::from_be_bytes([bytes[0], bytes[1]])), &bytes[2..])
}
