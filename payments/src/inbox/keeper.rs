//! A node's way into the inbox for webhooks: what arrives while one statement is under way goes with the next one.
//!
//! Invariant: an answer is given after its statement has committed, never before.
//! Invariant: it has a connection of its own, so no backlog of work keeps a delivery waiting for one.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use domain::Timestamp;
use sqlx::postgres::{PgPool, PgPoolOptions};
use tokio::sync::{mpsc, oneshot};

use super::receive::{Received, Source, count};
use super::rows::{self, Told};
use crate::gateway::{EventId, RawEvent};

/// Events that one statement keeps, of some kilobytes each.
const TOGETHER_MAX: usize = 128;
/// Events that wait for a statement; the next ones wait with their requests.
const WAITING_MAX: usize = 1_024;
/// A database that gives no connection by then is away: Stripe delivers again.
const CONNECTION_WAIT: Duration = Duration::from_secs(5);

/// Why an event was not kept, or why nobody knows.
#[derive(Clone, Debug, thiserror::Error)]
pub enum KeepError {
    #[error("the database: {0}")]
    Database(Arc<sqlx::Error>),
    #[error("the server is shutting down")]
    Closed,
}

/// Cheap to clone; the task behind it ends with the last of them.
#[derive(Clone, Debug)]
pub struct Keeper {
    waiting: mpsc::Sender<Waiting>,
}

#[derive(Debug)]
struct Waiting {
    told: Told,
    answer: oneshot::Sender<Result<bool, KeepError>>,
}

impl Keeper {
    /// Inside a Tokio runtime. `pool` says which database it is; none of its connections is taken.
    #[must_use]
    pub fn start(pool: &PgPool) -> Self {
        let own = PgPoolOptions::new().max_connections(1).acquire_timeout(CONNECTION_WAIT);
        let own = own.connect_lazy_with(pool.connect_options().as_ref().clone());
        let (waiting, taken) = mpsc::channel(WAITING_MAX);
        tokio::spawn(run(own, taken));
        Self { waiting }
    }

    /// Keeps an event for later, once. `live`: whether real money moves here.
    ///
    /// # Errors
    /// [`KeepError`]: the event is to be delivered again.
    pub async fn receive(&self, event: RawEvent, live: bool, now: Timestamp) -> Result<Received, KeepError> {
        let (answer, answered) = oneshot::channel();
        let told = Told { is_ours: event.livemode == live, event: event.clone(), now };
        self.waiting.send(Waiting { told, answer }).await.map_err(|_| KeepError::Closed)?;
        let is_new = answered.await.map_err(|_| KeepError::Closed)??;
        Ok(count(&event, Source::Webhook, live, is_new))
    }
}

async fn run(pool: PgPool, mut taken: mpsc::Receiver<Waiting>) {
    let mut batch = Vec::with_capacity(TOGETHER_MAX);
    while taken.recv_many(&mut batch, TOGETHER_MAX).await > 0 {
        keep(&pool, std::mem::take(&mut batch)).await;
    }
    pool.close().await;
}

/// One event that the database refuses costs no other its place.
async fn keep(pool: &PgPool, batch: Vec<Waiting>) {
    let told: Vec<&Told> = batch.iter().map(|waiting| &waiting.told).collect();
    match rows::keep(pool, &told, Source::Webhook).await {
        Ok(new) => answer(batch, new),
        Err(sqlx::Error::Database(_)) if batch.len() > 1 => {
            for waiting in batch {
                Box::pin(keep(pool, vec![waiting])).await;
            }
        }
        Err(error) => {
            let error = KeepError::Database(Arc::new(error));
            // Whoever does not wait any more is delivered to again.
            batch.into_iter().for_each(|waiting| drop(waiting.answer.send(Err(error.clone()))));
        }
    }
}

/// Of two deliveries of one event at once, one was new.
fn answer(batch: Vec<Waiting>, mut new: BTreeSet<EventId>) {
    for Waiting { told, answer } in batch {
        let is_new = new.remove(&told.event.id);
        // Who does not wait any more is told again by the next delivery.
        drop(answer.send(Ok(is_new)));
    }
}
