//! One keep-alive connection: a request goes out in one write, and its answer is read whole before the next one.
//!
//! As little as that takes, with the parser of hyper: the generator shares its processors with the server that it
//! measures, and hyper's own client took a tenth of a command's whole time.
//! Absent: answers without a length. Neither side sends one to what is asked here.

use std::time::Duration;

use anyhow::{Context as _, bail, ensure};
use bytes::{Buf as _, Bytes, BytesMut};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio::time::timeout;

use super::target::{Call, Target};

/// An answer that takes longer counts as none; several times what any server here waits for by itself.
const ANSWER_TIMEOUT: Duration = Duration::from_secs(60);
/// More header fields than either side sends.
const HEADERS_MAX: usize = 32;
/// Room for an ordinary answer.
const BUFFER_BYTES: usize = 4 * 1024;

/// A status and a whole body.
#[derive(Clone, Debug)]
pub struct Reply {
    pub status: u16,
    pub body: Bytes,
}

pub struct Connection {
    stream: TcpStream,
    read: BytesMut,
}

/// What an answer begins with.
struct Head {
    status: u16,
    bytes: usize,
    body_bytes: usize,
}

impl Connection {
    /// # Errors
    /// Nobody listens.
    pub async fn open(target: &Target) -> anyhow::Result<Self> {
        let stream = TcpStream::connect(target.address).await.context("cannot connect")?;
        stream.set_nodelay(true)?;
        Ok(Self { stream, read: BytesMut::with_capacity(BUFFER_BYTES) })
    }

    /// Sends a request and reads the whole answer.
    ///
    /// # Errors
    /// The connection broke or the answer took too long; the connection is of no more use.
    pub async fn send(&mut self, call: Call) -> anyhow::Result<Reply> {
        timeout(ANSWER_TIMEOUT, self.exchange(&call)).await.context("no answer in time")?
    }

    async fn exchange(&mut self, call: &Call) -> anyhow::Result<Reply> {
        self.stream.write_all(call.bytes()).await?;
        let head = loop {
            if let Some(head) = head(&self.read)? {
                break head;
            }
            self.fill().await?;
        };
        self.read.advance(head.bytes);
        while self.read.len() < head.body_bytes {
            self.fill().await?;
        }
        Ok(Reply { status: head.status, body: self.read.split_to(head.body_bytes).freeze() })
    }

    async fn fill(&mut self) -> anyhow::Result<()> {
        self.read.reserve(BUFFER_BYTES);
        ensure!(self.stream.read_buf(&mut self.read).await? > 0, "the server closed the connection");
        Ok(())
    }
}

/// The head of an answer, once all of it has arrived.
fn head(read: &[u8]) -> anyhow::Result<Option<Head>> {
    let mut fields = [httparse::EMPTY_HEADER; HEADERS_MAX];
    let mut answer = httparse::Response::new(&mut fields);
    let httparse::Status::Complete(bytes) = answer.parse(read)? else { return Ok(None) };
    let status = answer.code.context("an answer has a status")?;
    let Some(length) = answer.headers.iter().find(|field| field.name.eq_ignore_ascii_case("content-length")) else {
        bail!("an answer of status {status} has no length");
    };
    Ok(Some(Head { status, bytes, body_bytes: std::str::from_utf8(length.value)?.parse()? }))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_head_is_read_once_it_is_whole() {
        let answer = b"HTTP/1.1 201 Created\r\nContent-Length: 2\r\nx-request-id: 1\r\n\r\n{}";
        for end in 0..answer.len() - 2 {
            assert!(head(&answer[..end]).expect("it is not wrong").is_none(), "{end}");
        }
        let head = head(answer).expect("it is not wrong").expect("it is whole");
        assert_eq!((head.status, head.bytes, head.body_bytes), (201, answer.len() - 2, 2));
    }

    #[test]
    fn an_answer_without_a_length_is_an_error() {
        assert!(head(b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n").is_err());
        assert!(head(b"SSH-2.0\r\n\r\n").is_err());
    }
}
