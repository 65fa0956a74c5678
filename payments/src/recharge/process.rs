//! The task of a node: notices requests, takes what is due, works at it.

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::watch;
use tokio::task::{JoinHandle, JoinSet};

use super::limits::AT_ONCE;
use super::worker::Worker;
use super::{Attempts, meters};
use crate::Payments;

/// How often a node looks for work: a customer waits for it, and a look costs two statements by index.
const POLL: Duration = Duration::from_millis(250);
/// The pause after the database did not answer.
const FAILURE_PAUSE: Duration = Duration::from_secs(2);
/// How long shutting down waits for what is under way; what is cut off is asked for again by its key.
const DRAIN_MAX: Duration = Duration::from_secs(10);

/// Recharging on this node.
pub struct Process {
    stop: watch::Sender<bool>,
    task: tokio::sync::Mutex<Option<JoinHandle<()>>>,
}

impl Process {
    /// Inside a Tokio runtime.
    #[must_use]
    pub fn start(payments: Payments) -> Self {
        let attempts = Attempts::new(payments.pool.clone());
        let worker = Worker { payments, attempts };
        let (stop, stopped) = watch::channel(false);
        let task = tokio::spawn(run(worker, stopped));
        Self { stop, task: tokio::sync::Mutex::new(Some(task)) }
    }

    /// Takes no more work, and waits a little for what is under way.
    pub async fn shutdown(&self) {
        self.stop.send_replace(true);
        let Some(mut task) = self.task.lock().await.take() else { return };
        if tokio::time::timeout(DRAIN_MAX, &mut task).await.is_err() {
            task.abort();
        }
    }
}

async fn run(worker: Worker, mut stopped: watch::Receiver<bool>) {
    let worker = Arc::new(worker);
    let mut work = JoinSet::new();
    while !*stopped.borrow_and_update() {
        let pause = match round(&worker, &mut work).await {
            Ok(()) => POLL,
            Err(error) => {
                tracing::warn!(%error, "recharges cannot be looked for");
                FAILURE_PAUSE
            }
        };
        tokio::select! {
            () = tokio::time::sleep(pause) => {}
            _ = stopped.changed() => {}
        }
        while work.try_join_next().is_some() {}
    }
    while work.join_next().await.is_some() {}
}

/// Begins to work at what is due, as far as there is room: one that waits for its answer keeps nobody else waiting.
async fn round(worker: &Arc<Worker>, work: &mut JoinSet<()>) -> Result<(), sqlx::Error> {
    // A node whose clock is wrong could send under a key that the processor has forgotten.
    if worker.payments.ledger.ready().is_err() {
        return Ok(());
    }
    let now = worker.payments.clock.now();
    worker.attempts.notice(now).await?;
    let (open, oldest) = worker.attempts.standing().await?;
    meters::standing(open, oldest, now);
    let room = AT_ONCE.saturating_sub(work.len());
    if open == 0 || room == 0 {
        return Ok(());
    }
    for attempt in worker.attempts.claim(now, room).await? {
        let worker = Arc::clone(worker);
        work.spawn(async move { worker.work(attempt).await });
    }
    Ok(())
}
