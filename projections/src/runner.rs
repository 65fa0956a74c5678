//! The tasks of a node: one a partition, and one that polls for all of them.
//!
//! Invariant: a signal is a hint and polling the truth; a task that is never woken by its own writers projects all the
//! same, a poll later.
//! Invariant: no task ends before the node does. A defect that panics costs a batch and a pause, not a partition.
//! Invariant: a wait for the database ends, and its permit with it (`limits::ANSWER_MAX`).
//! Invariant: nothing is agreed between nodes but the lock of a checkpoint's row, batch by batch: whoever has it works,
//! and a dead node's locks end with its connections.

use std::panic::AssertUnwindSafe;
use std::sync::Arc;
use std::time::{Duration, Instant};

use futures::FutureExt;
use sqlx::postgres::{PgConnectOptions, PgPool};
use store::postgres::{Feed, pool_options, session_options};
use store::{Clock, Tails};
use tokio::sync::{Semaphore, watch};
use tokio::task::{JoinHandle, JoinSet};

use crate::apply::text_of;
use crate::batch::{BatchError, Batcher, Done};
use crate::checkpoint::{self, Generation};
use crate::limits::{ACQUIRE_TIMEOUT, ANSWER_MAX, DRAIN_MAX, FAILURE_PAUSE_MAX, FAILURE_PAUSE_MIN, Limits};
use crate::meters;
use crate::monitor::{self, Monitor};
use crate::projector::Projector;
use crate::wait::Waiter;

/// Connections beside those of the batches: the poll, and the look-ups of queries that wait.
const CONNECTIONS_BESIDE: u32 = 3;

/// Tables of a projector are locked by nobody but people, and the partition's other projectors wait meanwhile.
const LOCK_TIMEOUT: &str = "2s";

/// What a node's read side needs.
pub struct Settings {
    pub options: PgConnectOptions,
    pub projectors: Vec<Arc<dyn Projector>>,
    pub clock: Arc<dyn Clock>,
    /// Of the ledger that writes in this process, if one does.
    pub tails: Option<Arc<Tails>>,
    /// Where queries read, if that is not the database itself: what a query waits for must have arrived there.
    pub replica: Option<PgPool>,
    /// Whether this node projects, or only knows how far others are.
    pub projects: bool,
    pub limits: Limits,
}

/// A node's read side.
pub struct Runner {
    pool: PgPool,
    monitor: Arc<Monitor>,
    stop: watch::Sender<bool>,
    waiter: Waiter,
    polling: Vec<JoinHandle<()>>,
    tasks: tokio::sync::Mutex<JoinSet<()>>,
}

/// Connects with the settings of a session that projects. A commit need not reach the disk before the next batch: rows
/// and checkpoint are lost together, and are made again from the log.
pub(crate) fn pool(options: PgConnectOptions, connections: u32) -> PgPool {
    let options = session_options(options).options([("synchronous_commit", "off"), ("jit", "off")]);
    let options = options.options([("lock_timeout", LOCK_TIMEOUT)]);
    // Statements find their rows by keys, and the log by its order. A plan that was made while a table was small would
    // go on reading all of it, until the table is analysed.
    let by_key =
        ["seqscan", "bitmapscan", "sort", "hashjoin", "mergejoin"].map(|plan| (format!("enable_{plan}"), "off"));
    let options = options.options(by_key);
    pool_options().max_connections(connections).acquire_timeout(ACQUIRE_TIMEOUT).connect_lazy_with(options)
}

impl Runner {
    /// Registers the projectors' checkpoints and starts the tasks; inside a Tokio runtime, and after the metrics recorder.
    ///
    /// # Errors
    /// The database does not answer, or is not migrated.
    pub async fn start(settings: Settings) -> Result<Self, sqlx::Error> {
        let connections = u32::try_from(settings.limits.at_once).unwrap_or(u32::MAX);
        let pool = pool(settings.options.clone(), connections.saturating_add(CONNECTIONS_BESIDE));
        let partitions = partitions(&pool).await?;
        let monitor = Arc::new(Monitor::new(&settings.projectors, partitions));
        let (stop, stopped) = watch::channel(false);
        let mut tasks = JoinSet::new();
        if settings.projects && !settings.projectors.is_empty() {
            let projectors = settings.projectors.iter().map(AsRef::as_ref);
            checkpoint::register(&pool, projectors, settings.clock.now()).await?;
            for (task, appended) in Task::all(&settings, &pool, &monitor) {
                tasks.spawn(task.run(appended, stopped.clone()));
            }
        }
        let watch = |monitor: &Arc<Monitor>, pool: &PgPool| {
            let clock = Arc::clone(&settings.clock);
            tokio::spawn(monitor::run(Arc::clone(monitor), pool.clone(), clock, settings.limits.poll))
        };
        let mut polling = vec![watch(&monitor, &pool)];
        // The event is looked up where it surely is: it may be on its way to a replica, as its rows may be.
        let waiter = match &settings.replica {
            None => Waiter::new(pool.clone(), Arc::clone(&monitor), Arc::clone(&monitor)),
            Some(replica) => {
                // Not told of what this node projects: a replica has it later.
                let arrived = Arc::new(Monitor::new(&settings.projectors, partitions));
                polling.push(watch(&arrived, replica));
                Waiter::new(pool.clone(), arrived, Arc::clone(&monitor))
            }
        };
        Ok(Self { pool, monitor, stop, waiter, polling, tasks: tokio::sync::Mutex::new(tasks) })
    }

    #[must_use]
    pub fn monitor(&self) -> &Arc<Monitor> {
        &self.monitor
    }

    /// For queries that are to see what their caller has written.
    #[must_use]
    pub fn waiter(&self) -> Waiter {
        self.waiter.clone()
    }

    /// Ends the batches under way and takes no more.
    pub async fn shutdown(&self) {
        self.stop.send_replace(true);
        let mut tasks = self.tasks.lock().await;
        let ended = async { while tasks.join_next().await.is_some() {} };
        if tokio::time::timeout(DRAIN_MAX, ended).await.is_err() {
            tracing::warn!("a batch was cut off; it is rolled back, and made again later");
            tasks.shutdown().await;
        }
        self.polling.iter().for_each(JoinHandle::abort);
        self.pool.close().await;
    }
}

pub(crate) async fn partitions(pool: &PgPool) -> Result<u16, sqlx::Error> {
    let count: i64 = sqlx::query_scalar("SELECT count(*) FROM store.heads").fetch_one(pool).await?;
    u16::try_from(count).map_err(|error| sqlx::Error::Decode(Box::new(error)))
}

/// The task of one partition.
struct Task {
    partition: u16,
    pool: PgPool,
    batcher: Arc<Batcher>,
    monitor: Arc<Monitor>,
    at_once: Arc<Semaphore>,
    rest: u32,
    pause_max: Duration,
}

/// Why a task does nothing for a while.
enum Pause {
    /// It has caught up; whoever waits for more ends it.
    Rest(Duration),
    Failure(Duration),
}

impl Task {
    /// One for each partition, with the signal of the writer beside it.
    fn all(settings: &Settings, pool: &PgPool, monitor: &Arc<Monitor>) -> Vec<(Self, Option<watch::Receiver<u64>>)> {
        let at_once = Arc::new(Semaphore::new(settings.limits.at_once));
        let batcher = Arc::new(Batcher {
            projectors: settings.projectors.clone(),
            generation: Generation::Live,
            limit: settings.limits.batch,
            feed: Feed::default(),
            tails: settings.tails.clone(),
            clock: Arc::clone(&settings.clock),
        });
        let task = |partition| Self {
            partition,
            pool: pool.clone(),
            batcher: Arc::clone(&batcher),
            monitor: Arc::clone(monitor),
            at_once: Arc::clone(&at_once),
            rest: settings.limits.rest,
            pause_max: settings.limits.pause_max,
        };
        let signal = |partition| settings.tails.as_ref().map(|tails| tails.follow(partition));
        (0..monitor.partitions()).map(|partition| (task(partition), signal(partition))).collect()
    }

    async fn run(self, mut appended: Option<watch::Receiver<u64>>, mut stopped: watch::Receiver<bool>) {
        let mut failures = Failures::default();
        loop {
            tokio::select! {
                biased;
                _ = stopped.wait_for(|stop| *stop) => return,
                () = self.woken(appended.as_mut()) => {}
            }
            // A batch that panics drops its connection's transaction, which rolls back.
            let pause = match AssertUnwindSafe(self.catch_up(&stopped)).catch_unwind().await {
                Ok(Ok(took)) => {
                    failures = Failures::default();
                    Pause::Rest((took * self.rest).min(self.pause_max))
                }
                Ok(Err(error)) => Pause::Failure(failures.next(self.partition, &error)),
                Err(panic) => Pause::Failure(failures.next(self.partition, &Panicked(text_of(&*panic).to_owned()))),
            };
            tokio::select! {
                biased;
                _ = stopped.wait_for(|stop| *stop) => return,
                () = self.pause(pause) => {}
            }
        }
    }

    async fn pause(&self, pause: Pause) {
        match pause {
            Pause::Failure(pause) => tokio::time::sleep(pause).await,
            Pause::Rest(pause) => {
                // An error is the end of the time.
                let _ = tokio::time::timeout(pause, self.monitor.urged(self.partition)).await;
            }
        }
    }

    async fn woken(&self, appended: Option<&mut watch::Receiver<u64>>) {
        let signal = async {
            let heard = match appended {
                Some(appended) => appended.changed().await.is_ok(),
                None => false,
            };
            if !heard {
                // Nobody writes here; the poll is all there is.
                std::future::pending::<()>().await;
            }
        };
        tokio::select! {
            () = signal => {}
            () = self.monitor.behind(self.partition) => {}
        }
    }

    /// Batches until one is not full; answers how long the last one took.
    async fn catch_up(&self, stopped: &watch::Receiver<bool>) -> Result<Duration, BatchError> {
        loop {
            let permit = self.at_once.acquire().await.expect("the semaphore is never closed");
            let started = Instant::now();
            let done = self.batch().await?;
            drop(permit);
            let took = started.elapsed();
            self.tell(&done, took);
            if !done.more || *stopped.borrow() {
                return Ok(took);
            }
        }
    }

    async fn batch(&self) -> Result<Done, BatchError> {
        self.batcher.run_within(ANSWER_MAX, &self.pool, self.partition).await
    }

    fn tell(&self, done: &Done, took: Duration) {
        let events = done.moves.iter().map(|a_move| a_move.to - a_move.from).max();
        let Some(events) = events else { return };
        meters::batch(events, took);
        self.monitor.moved(self.partition, &done.moves);
        for a_move in &done.moves {
            if let Some(stop) = &a_move.stop {
                tracing::error!(
                    projector = a_move.projector,
                    partition = self.partition,
                    position = stop.position,
                    reason = stop.reason,
                    retry_at = ?stop.retry_at,
                    "a projector has stopped"
                );
            }
        }
    }
}

/// Outside a projector, whose panics stop it at the event.
#[derive(Debug, thiserror::Error)]
#[error("a defect of the runner: {0}")]
struct Panicked(String);

/// Failures in a row.
#[derive(Default)]
struct Failures(u32);

impl Failures {
    /// Tells of the failure; answers how long to wait.
    fn next(&mut self, partition: u16, error: &dyn std::error::Error) -> Duration {
        let source = error.source().map(ToString::to_string);
        tracing::warn!(partition, %error, source, "a batch was not projected; it is tried again");
        meters::failure();
        let doubled = 1_u32.checked_shl(self.0).unwrap_or(u32::MAX);
        self.0 = self.0.saturating_add(1);
        FAILURE_PAUSE_MIN.saturating_mul(doubled).min(FAILURE_PAUSE_MAX)
    }
}
