//! A node's way into the inbox for webhooks: what arrives while one statement is under way goes with the next one.
//!
//! Invariant: an answer is given after its statement has committed, never before.
//! Invariant: it has a connection of its own, so no backlog of work keeps a delivery waiting for one.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use domain::Timestamp;
use sqlx::postgres::PgPool;
use store::postgres::pool_options;
use tokio::sync::{mpsc, oneshot};
use tokio::time::timeout;

use super::receive::{Received, Source, count};
use super::rows::{self, Told};
use crate::crash::{self, Point};
use crate::gateway::{EventId, RawEvent};

/// Events that one statement keeps, of some kilobytes each.
const TOGETHER_MAX: usize = 128;
/// Events that wait for a statement; the next ones wait with their requests.
const WAITING_MAX: usize = 1_024;
/// A database that gives no connection by then is away: Stripe delivers again.
const CONNECTION_WAIT: Duration = Duration::from_secs(5);
/// The longest wait for its answer: past every timeout of its session. An event that was kept all the same is kept once.
const ANSWER_MAX: Duration = Duration::from_secs(40);

/// Why an event was not kept, or why nobody knows.
#[derive(Clone, Debug, thiserror::Error)]
pub enum KeepError {
    #[error("the database: {0}")]
    Database(Arc<sqlx::Error>),
    /// Nothing of it is kept, and to deliver it again would not help.
    #[error("the database refuses it: {0}")]
    Refused(Arc<sqlx::Error>),
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
    answer: oneshot::Sender<Result<Received, KeepError>>,
}

impl Keeper {
    /// Inside a Tokio runtime. `pool` says which database it is; none of its connections is taken.
    #[must_use]
    pub fn start(pool: &PgPool) -> Self {
        let own = pool_options().max_connections(1).acquire_timeout(CONNECTION_WAIT);
        let own = own.connect_lazy_with(pool.connect_options().as_ref().clone());
        let (waiting, taken) = mpsc::channel(WAITING_MAX);
        tokio::spawn(run(own, taken));
        Self { waiting }
    }

    /// Keeps an event for later, once. `live`: whether real money moves here.
    ///
    /// # Errors
    /// [`KeepError`]: the event is to be delivered again, unless it was refused.
    pub async fn receive(&self, event: RawEvent, live: bool, now: Timestamp) -> Result<Received, KeepError> {
        let (answer, answered) = oneshot::channel();
        let told = Told::new(event, live, now);
        self.waiting.send(Waiting { told, answer }).await.map_err(|_| KeepError::Closed)?;
        answered.await.map_err(|_| KeepError::Closed)?
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
    let kept = rows::keep(pool, batch.iter().map(|waiting| &waiting.told).collect(), Source::Webhook);
    match timeout(ANSWER_MAX, kept).await.unwrap_or(Err(sqlx::Error::PoolTimedOut)) {
        Ok(new) => {
            crash::at(Point::EventKept);
            answer(batch, new);
        }
        Err(error) if is_refusal(&error) && batch.len() > 1 => {
            for waiting in batch {
                Box::pin(keep(pool, vec![waiting])).await;
            }
        }
        Err(error) => {
            let is_refusal = is_refusal(&error);
            let error = Arc::new(error);
            let error = if is_refusal { KeepError::Refused(error) } else { KeepError::Database(error) };
            batch.into_iter().for_each(|waiting| tell(waiting.answer, Err(error.clone())));
        }
    }
}

/// Of two deliveries of one event at once, one was new.
fn answer(batch: Vec<Waiting>, mut new: BTreeSet<EventId>) {
    for Waiting { told, answer } in batch {
        let is_new = new.remove(&told.event.id);
        tell(answer, Ok(count(&told, Source::Webhook, is_new)));
    }
}

/// Who does not wait any more is delivered to again.
fn tell(answer: oneshot::Sender<Result<Received, KeepError>>, what: Result<Received, KeepError>) {
    drop(answer.send(what));
}

/// Whether a value was refused (SQLSTATE classes 22 and 23), such as a zero byte, so that trying again cannot help.
fn is_refusal(error: &sqlx::Error) -> bool {
    let code = error.as_database_error().and_then(|error| error.code());
    code.is_some_and(|code| code.starts_with("22") || code.starts_with("23"))
}
