//! From deliveries to requests: lanes that are due are claimed and worked on, a bounded number at each endpoint.
//!
//! Invariant: an endpoint that hangs or fails holds back nobody but itself: it has few workers, and after a failure one.
//! Invariant: nothing here is needed after a crash: a lane whose worker died is due again when its claim ends.

use std::collections::HashMap;
use std::sync::{Arc, Mutex};

use domain::Timestamp;
use sqlx::postgres::PgPool;
use store::Clock;
use tokio::sync::{Notify, Semaphore, watch};
use tokio::task::JoinSet;
use tokio::time::timeout;
use uuid::Uuid;

use crate::backoff::next_try;
use crate::lanes::{self, Claim, Head, Next, Outcome, Tried};
use crate::limits::{
    ANSWER_MAX, DELIVERIES_PER_TURN, DRAIN_MAX, FAILURE_PAUSE, LANES_PER_ENDPOINT, LANES_PER_NODE, POLL, TURN_MAX,
};
use crate::meters;
use crate::seal::Sealer;
use crate::secret::{Secret, signatures};
use crate::sender::{Message, Sender};

/// What the workers of a node share.
pub(crate) struct Worker {
    pub(crate) pool: PgPool,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) sealer: Arc<Sealer>,
    pub(crate) sender: Sender,
    pub(crate) room: Arc<Semaphore>,
    pub(crate) endpoints: Mutex<HashMap<Uuid, Busy>>,
    /// A worker has delivered all that it had, so others of its endpoint may have their turn.
    pub(crate) freed: Notify,
}

/// What this node knows of an endpoint that it works for.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Busy {
    lanes: usize,
    has_failed: bool,
}

impl Busy {
    /// Lanes that may be claimed now.
    fn room(self) -> usize {
        let most = if self.has_failed { 1 } else { LANES_PER_ENDPOINT };
        most.saturating_sub(self.lanes)
    }
}

impl Worker {
    pub(crate) fn room() -> Arc<Semaphore> {
        Arc::new(Semaphore::new(LANES_PER_NODE))
    }

    /// Claims and works until it is stopped; then waits a little for what is under way.
    pub(crate) async fn run(self: Arc<Self>, mut stopped: watch::Receiver<bool>) {
        let mut tasks = JoinSet::new();
        loop {
            let dispatched = timeout(ANSWER_MAX, self.dispatch(&mut tasks)).await;
            let pause = match dispatched.unwrap_or(Err(sqlx::Error::PoolTimedOut)) {
                Ok(()) => POLL,
                Err(error) => {
                    tracing::warn!(%error, "deliveries cannot be claimed");
                    FAILURE_PAUSE
                }
            };
            while tasks.try_join_next().is_some() {}
            tokio::select! {
                biased;
                _ = stopped.wait_for(|stop| *stop) => break,
                () = tokio::time::sleep(pause) => {}
                // Not after a failure: an endpoint that is down is not asked faster than the poll.
                () = self.freed.notified() => {}
            }
        }
        let ended = async { while tasks.join_next().await.is_some() {} };
        if tokio::time::timeout(DRAIN_MAX, ended).await.is_err() {
            tracing::info!("tries under way are cut off; they are made again under the same id");
        }
    }

    async fn dispatch(self: &Arc<Self>, tasks: &mut JoinSet<()>) -> Result<(), sqlx::Error> {
        let now = self.clock.now();
        let mut due = lanes::due_endpoints(&self.pool, now).await?;
        // Those that nobody works for go first, so that a few busy ones cannot take all the room.
        due.sort_by_key(|endpoint| self.busy(*endpoint).lanes);
        for endpoint in due {
            let most = self.busy(endpoint).room().min(self.room.available_permits());
            if most == 0 {
                continue;
            }
            for claim in lanes::claim(&self.pool, endpoint, most, now).await? {
                let permit = Arc::clone(&self.room).try_acquire_owned();
                let permit = permit.expect("only this task takes permits, and it has counted them");
                self.with(endpoint, |busy| busy.lanes += 1);
                let worker = Arc::clone(self);
                tasks.spawn(async move {
                    if timeout(TURN_MAX, worker.work(&claim)).await.is_err() {
                        tracing::warn!(%endpoint, "a lane was not answered and is left to its claim's end");
                    }
                    worker.with(endpoint, |busy| busy.lanes -= 1);
                    drop(permit);
                    if !worker.busy(endpoint).has_failed {
                        worker.freed.notify_one();
                    }
                });
            }
        }
        Ok(())
    }

    fn busy(&self, endpoint: Uuid) -> Busy {
        let endpoints = self.endpoints.lock().expect("no code panics while it holds the endpoints");
        endpoints.get(&endpoint).copied().unwrap_or_default()
    }

    fn with(&self, endpoint: Uuid, change: impl FnOnce(&mut Busy)) {
        let mut endpoints = self.endpoints.lock().expect("no code panics while it holds the endpoints");
        let busy = endpoints.entry(endpoint).or_default();
        change(busy);
        if busy.lanes == 0 && !busy.has_failed {
            endpoints.remove(&endpoint);
        }
    }

    /// Some deliveries of a lane. A failure of the database leaves the claim to end by itself.
    async fn work(&self, claim: &Claim) {
        if let Err(error) = self.turn(claim).await {
            tracing::warn!(endpoint = %claim.endpoint, %error, "a delivery could not be recorded; it may be repeated");
        }
    }

    async fn turn(&self, claim: &Claim) -> Result<(), sqlx::Error> {
        for _ in 0..DELIVERIES_PER_TURN {
            let next = match lanes::head(&self.pool, claim).await? {
                None => lanes::record(&self.pool, claim, None, self.clock.now()).await?,
                Some(head) if head.enabled => {
                    let tried = self.try_once(claim, &head).await;
                    meters::tried(&tried.outcome);
                    self.with(claim.endpoint, |busy| busy.has_failed = tried.outcome != Outcome::Delivered);
                    lanes::record(&self.pool, claim, Some(&tried), self.clock.now()).await?
                }
                Some(_) => break,
            };
            match next {
                Next::More => {}
                Next::Nothing | Next::Lost => return Ok(()),
            }
        }
        lanes::release(&self.pool, claim, self.clock.now()).await
    }

    async fn try_once(&self, claim: &Claim, head: &Head) -> Tried {
        let sent = match self.message(claim, head) {
            Ok(message) => self.sender.send(message).await,
            Err(reason) => Err(reason),
        };
        let now = self.clock.now();
        let (status, error) = match sent {
            Ok(status) if (200..300).contains(&status) => (Some(status), None),
            Ok(status) => (Some(status), Some(format!("the receiver answered {status}"))),
            Err(reason) => (None, Some(reason)),
        };
        let outcome = match &error {
            None => Outcome::Delivered,
            Some(_) => {
                let chance = rand::random_range(0..=1_000);
                next_try(head.tries + 1, head.accepted_at, now, chance).map_or(Outcome::Parked, Outcome::Again)
            }
        };
        let notification_id = head.notification_id;
        if let Some(error) = &error {
            let (endpoint, is_parked) = (claim.endpoint, outcome == Outcome::Parked);
            tracing::info!(%endpoint, %notification_id, tries = head.tries + 1, is_parked, error, "a delivery failed");
        }
        Tried { notification_id, outcome, status, error }
    }

    fn message<'a>(&self, claim: &Claim, head: &'a Head) -> Result<Message<'a>, String> {
        let now = self.clock.now();
        let secrets = self.secrets(claim.endpoint, head, now).map_err(|error| error.to_string())?;
        let (id, at) = (head.notification_id.to_string(), now.timestamp());
        let signatures = signatures(&secrets, &id, at, &head.body);
        Ok(Message { url: &head.url, id, at, signatures, body: head.body.clone() })
    }

    fn secrets(&self, endpoint: Uuid, head: &Head, now: Timestamp) -> Result<Vec<Secret>, crate::NotificationError> {
        let former = head.former_secret.as_ref().filter(|_| head.former_until.is_some_and(|until| now < until));
        let stored = std::iter::once(&head.secret).chain(former);
        stored.map(|stored| self.sealer.open(endpoint, stored)).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_endpoint_that_fails_has_one_worker_and_none_has_too_many() {
        let room = |lanes, has_failed| Busy { lanes, has_failed }.room();
        assert_eq!(room(0, false), LANES_PER_ENDPOINT);
        assert_eq!((room(LANES_PER_ENDPOINT, false), room(0, true), room(1, true), room(5, true)), (0, 1, 0, 0));
    }
}
