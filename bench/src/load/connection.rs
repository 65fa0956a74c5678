//! One keep-alive connection.

use std::time::Duration;

use anyhow::Context as _;
use bytes::Bytes;
use http_body_util::{BodyExt as _, Full};
use hyper::client::conn::http1::{SendRequest, handshake};
use hyper_util::rt::TokioIo;
use tokio::net::TcpStream;
use tokio::time::timeout;

use super::target::{Call, Target};

/// An answer that takes longer counts as none; several times what any server here waits for by itself.
const ANSWER_TIMEOUT: Duration = Duration::from_secs(60);

/// A status and a whole body.
#[derive(Clone, Debug)]
pub struct Reply {
    pub status: u16,
    pub body: Bytes,
}

pub struct Connection {
    sender: SendRequest<Full<Bytes>>,
}

impl Connection {
    /// # Errors
    /// Nobody listens.
    pub async fn open(target: &Target) -> anyhow::Result<Self> {
        let stream = TcpStream::connect(target.address).await.context("cannot connect")?;
        stream.set_nodelay(true)?;
        let (sender, connection) = handshake(TokioIo::new(stream)).await?;
        // The task ends with the connection; what went wrong shows at the sender.
        tokio::spawn(async move {
            let _ = connection.await;
        });
        Ok(Self { sender })
    }

    /// Sends a request and reads the whole answer.
    ///
    /// # Errors
    /// The connection broke or the answer took too long; the connection is of no more use.
    pub async fn send(&mut self, call: Call) -> anyhow::Result<Reply> {
        timeout(ANSWER_TIMEOUT, self.exchange(call)).await.context("no answer in time")?
    }

    async fn exchange(&mut self, call: Call) -> anyhow::Result<Reply> {
        self.sender.ready().await?;
        let answer = self.sender.send_request(call).await?;
        let status = answer.status().as_u16();
        let body = answer.into_body().collect().await?.to_bytes();
        Ok(Reply { status, body })
    }
}
