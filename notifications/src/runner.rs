//! The tasks of a node: one reads the log, one sends, one counts and prunes.

use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use domain::Timestamp;
use sqlx::postgres::{PgConnectOptions, PgPool};
use store::Clock;
use store::log::Log;
use store::postgres::{pool_options, session_options};
use tokio::sync::{Notify, watch};
use tokio::task::JoinSet;
use tokio::time::timeout;

use crate::address::Addresses;
use crate::endpoint::Endpoints;
use crate::expiring::Expiries;
use crate::limits::{ANSWER_MAX, DRAIN_MAX, FAILURE_PAUSE, POLL, PRUNE_EVERY, STANDING_EVERY};
use crate::planner::Planner;
use crate::seal::Sealer;
use crate::sender::Sender;
use crate::standing::{Standing, counts};
use crate::worker::Worker;
use crate::{meters, prune};

/// Connections of a node for notifications: a worker holds one for the moment that it records a try.
const CONNECTIONS: u32 = 6;

/// What a node needs to tell of anything.
pub struct Settings {
    pub options: PgConnectOptions,
    pub clock: Arc<dyn Clock>,
    pub sealer: Arc<Sealer>,
    pub addresses: Addresses,
    /// How long before its end a grant is told of.
    pub expiring: Duration,
}

/// A node's part in notifications.
pub struct Runner {
    endpoints: Endpoints,
    addresses: Addresses,
    pool: PgPool,
    stop: watch::Sender<bool>,
    standing: Arc<Mutex<Standing>>,
    tasks: tokio::sync::Mutex<JoinSet<()>>,
}

impl Runner {
    /// Starts the tasks; inside a Tokio runtime, and after the metrics recorder.
    ///
    /// # Errors
    /// The database does not answer, or is not migrated.
    pub async fn start(settings: Settings, log: Arc<dyn Log>) -> Result<Self, sqlx::Error> {
        let Settings { options, clock, sealer, addresses, expiring } = settings;
        let options = session_options(options).options([("jit", "off")]);
        let pool = pool_options().max_connections(CONNECTIONS).connect_lazy_with(options);
        let expiries = Expiries { ahead: expiring };
        let planner = Planner { pool: pool.clone(), log, clock: Arc::clone(&clock), expiries };
        planner.register().await?;
        let worker = Worker {
            pool: pool.clone(),
            clock: Arc::clone(&clock),
            sealer: Arc::clone(&sealer),
            sender: Sender::new(addresses),
            room: Worker::room(),
            endpoints: Mutex::default(),
            freed: Notify::new(),
        };
        let (stop, stopped) = watch::channel(false);
        let standing = Arc::new(Mutex::new(Standing::default()));
        let reading = Arc::new(Mutex::new(Reading::default()));
        let mut tasks = JoinSet::new();
        tasks.spawn(read(planner, Arc::clone(&reading), stopped.clone()));
        tasks.spawn(Arc::new(worker).run(stopped.clone()));
        tasks.spawn(keep(pool.clone(), Arc::clone(&clock), reading, Arc::clone(&standing), stopped));
        let endpoints = Endpoints::new(pool.clone(), clock, sealer);
        Ok(Self { endpoints, addresses, pool, stop, standing, tasks: tokio::sync::Mutex::new(tasks) })
    }

    #[must_use]
    pub fn endpoints(&self) -> &Endpoints {
        &self.endpoints
    }

    /// Where endpoints may be.
    #[must_use]
    pub fn addresses(&self) -> Addresses {
        self.addresses
    }

    #[must_use]
    pub fn standing(&self) -> Standing {
        self.standing.lock().expect("no code panics while it holds the standing").clone()
    }

    /// Takes no more, and waits a little for tries under way.
    pub async fn shutdown(&self) {
        self.stop.send_replace(true);
        let mut tasks = self.tasks.lock().await;
        let ended = async { while tasks.join_next().await.is_some() {} };
        if tokio::time::timeout(DRAIN_MAX * 2, ended).await.is_err() {
            tasks.shutdown().await;
        }
        self.pool.close().await;
    }
}

/// How the reading of the log goes on this node.
#[derive(Default)]
struct Reading {
    lag_events: u64,
    stopped: Option<String>,
}

async fn pause(stopped: &mut watch::Receiver<bool>, pause: Duration) -> bool {
    tokio::select! {
        biased;
        _ = stopped.wait_for(|stop| *stop) => true,
        () = tokio::time::sleep(pause) => false,
    }
}

async fn read(planner: Planner, reading: Arc<Mutex<Reading>>, mut stopped: watch::Receiver<bool>) {
    loop {
        let (lag_events, error) = round(&planner).await;
        let wait = if error.is_some() { FAILURE_PAUSE } else { POLL };
        {
            let mut reading = reading.lock().expect("no code panics while it holds the reading");
            if let Some(error) = error.as_ref().filter(|error| reading.stopped.as_ref() != Some(*error)) {
                tracing::error!(error, "the log cannot be turned into notifications; it is tried again");
            }
            *reading = Reading { lag_events, stopped: error };
        }
        if pause(&mut stopped, wait).await {
            return;
        }
    }
}

/// Each partition until it is read; one that cannot be read holds back no other.
async fn round(planner: &Planner) -> (u64, Option<String>) {
    let unanswered = "the database did not answer";
    let Ok(looks) = timeout(ANSWER_MAX, planner.look()).await else { return (0, Some(unanswered.to_owned())) };
    let looks = match looks {
        Ok(looks) => looks,
        Err(error) => return (0, Some(error.to_string())),
    };
    let mut failed = None;
    for look in &looks {
        match timeout(ANSWER_MAX, planner.advance(look)).await {
            Ok(Ok(_)) => {}
            Err(_) => failed = Some(unanswered.to_owned()),
            Ok(Err(error)) => {
                let source = std::error::Error::source(&error).map(|source| format!(": {source}")).unwrap_or_default();
                failed = Some(format!("{error}{source}"));
            }
        }
    }
    (looks.iter().map(|look| look.lag()).max().unwrap_or(0), failed)
}

async fn keep(
    pool: PgPool,
    clock: Arc<dyn Clock>,
    reading: Arc<Mutex<Reading>>,
    standing: Arc<Mutex<Standing>>,
    mut stopped: watch::Receiver<bool>,
) {
    let mut pruned: Option<Instant> = None;
    loop {
        let now: Timestamp = clock.now();
        match timeout(ANSWER_MAX, counts(&pool)).await.unwrap_or(Err(sqlx::Error::PoolTimedOut)) {
            Ok(counts) => {
                let reading = reading.lock().expect("no code panics while it holds the reading");
                let found = Standing::of(reading.lag_events, reading.stopped.clone(), &counts, now);
                meters::standing(&found);
                *standing.lock().expect("no code panics while it holds the standing") = found;
            }
            Err(error) => tracing::warn!(%error, "notifications cannot be counted"),
        }
        if pruned.is_none_or(|at| at.elapsed() >= PRUNE_EVERY) {
            pruned = Some(Instant::now());
            let pruned = timeout(ANSWER_MAX, prune::prune(&pool, now)).await;
            if let Err(error) = pruned.unwrap_or(Err(sqlx::Error::PoolTimedOut)) {
                tracing::warn!(%error, "old deliveries cannot be removed");
            }
        }
        if pause(&mut stopped, STANDING_EVERY).await {
            return;
        }
    }
}
