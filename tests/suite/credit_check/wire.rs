//! A network between a service and its ledger that can be cut, silenced and led elsewhere.

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;

/// What the wire does with what it is given.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum State {
    /// Passes everything on.
    Sound,
    /// Takes connections and requests, and passes nothing on.
    Silent,
    /// Passes requests on, and ends the connection before the answer.
    NoAnswers,
    /// Ends every third connection at some point.
    Torn,
}

#[derive(Clone)]
pub struct Wire {
    pub url: String,
    target: watch::Sender<String>,
    state: watch::Sender<State>,
}

impl Wire {
    pub async fn to(url: &str) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let wire = Self {
            url: format!("http://{}", listener.local_addr().unwrap()),
            target: watch::Sender::new(url.to_owned()),
            state: watch::Sender::new(State::Sound),
        };
        tokio::spawn(wire.clone().run(listener));
        wire
    }

    pub fn leads_to(&self, url: &str) {
        self.target.send_replace(url.to_owned());
    }

    /// Connections that are open keep the state that they began with, but for silence, which holds for all.
    pub fn is(&self, state: State) {
        self.state.send_replace(state);
    }

    async fn run(self, listener: TcpListener) {
        let number = Arc::new(AtomicU32::new(0));
        while let Ok((near, _)) = listener.accept().await {
            let number = number.fetch_add(1, Ordering::Relaxed);
            let address = self.target.borrow().trim_start_matches("http://").to_owned();
            let state = self.state.subscribe();
            tokio::spawn(async move {
                let Ok(far) = TcpStream::connect(address).await else { return };
                let torn = *state.borrow() == State::Torn && number.is_multiple_of(3);
                let life = if torn { Duration::from_millis(u64::from(number % 40) * 3) } else { Duration::MAX };
                let _ = tokio::time::timeout(life, pass(near, far, state)).await;
            });
        }
    }
}

async fn pass(near: TcpStream, far: TcpStream, state: watch::Receiver<State>) {
    let ((near_read, near_write), (far_read, far_write)) = (near.into_split(), far.into_split());
    let there = copy(near_read, far_write, state.clone(), State::Silent);
    let back = copy(far_read, near_write, state, State::NoAnswers);
    tokio::select! { () = there => {}, () = back => {} }
}

/// Copies until an end, or until something would pass that must not.
async fn copy(
    mut from: tokio::net::tcp::OwnedReadHalf,
    mut to: tokio::net::tcp::OwnedWriteHalf,
    mut state: watch::Receiver<State>,
    stops_at: State,
) {
    let mut buffer = vec![0; 16 * 1024];
    loop {
        let Ok(length @ 1..) = from.read(&mut buffer).await else { return };
        if stops_at == State::Silent {
            let heard = state.wait_for(|state| *state != State::Silent).await.is_ok();
            if !heard {
                return;
            }
        } else if *state.borrow() == stops_at {
            return;
        }
        if to.write_all(&buffer[..length]).await.is_err() {
            return;
        }
    }
}
