//! What a node knows of every projector: polled, and told at once of what this node itself has projected.
//!
//! Invariant: one statement a poll, however many partitions (CORRECTNESS C28).
//! Invariant: a place goes back only where the database itself did: a restored one has not projected what it no longer has.
//! Invariant: what is known says how old it is, and a poll that is not answered is given up.
//! Invariant: what other nodes project is known here within one poll, too: a query may wait on any node.

use std::any::Any;
use std::collections::HashMap;
use std::panic::AssertUnwindSafe;
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::{Duration, Instant};

use futures::FutureExt;
use sqlx::PgPool;
use store::Clock;
use tokio::sync::{Notify, watch};
use tokio::time::timeout;

use crate::apply::text_of;
use crate::checkpoint::Move;
use crate::limits::ANSWER_MAX;
use crate::meters;
use crate::projector::Projector;
use crate::standing::{Standing, standings};

/// Gauges need no more: Prometheus asks every few seconds.
const METERS_INTERVAL: Duration = Duration::from_secs(1);

/// Positions by projector and partition.
type Known = HashMap<&'static str, Vec<u64>>;

/// What a poll has found, and when; nothing, since the start, before the first.
struct Polled {
    standings: Arc<[Standing]>,
    at: Instant,
}

/// The places of all projectors.
pub struct Monitor {
    positions: HashMap<&'static str, Vec<watch::Sender<u64>>>,
    versions: HashMap<&'static str, i32>,
    polled: Mutex<Polled>,
    partitions: u16,
    wakes: Vec<Notify>,
    urges: Vec<Notify>,
}

impl Monitor {
    pub(crate) fn new(projectors: &[Arc<dyn Projector>], partitions: u16) -> Self {
        let places = || (0..partitions).map(|_| watch::Sender::new(0)).collect();
        Self {
            positions: projectors.iter().map(|projector| (projector.name(), places())).collect(),
            versions: projectors.iter().map(|projector| (projector.name(), projector.version())).collect(),
            polled: Mutex::new(Polled { standings: Arc::from([]), at: Instant::now() }),
            partitions,
            wakes: (0..partitions).map(|_| Notify::new()).collect(),
            urges: (0..partitions).map(|_| Notify::new()).collect(),
        }
    }

    /// How the database partitions organizations.
    #[must_use]
    pub fn partitions(&self) -> u16 {
        self.partitions
    }

    /// Every checkpoint as of the last poll.
    #[must_use]
    pub fn standings(&self) -> Arc<[Standing]> {
        Arc::clone(&self.polled().standings)
    }

    /// How long ago that poll was: what is known of the read models is as old.
    #[must_use]
    pub fn age(&self) -> Duration {
        self.polled().at.elapsed()
    }

    fn polled(&self) -> MutexGuard<'_, Polled> {
        self.polled.lock().expect("no code panics while it holds the standings")
    }

    /// Projectors whose live rows were made by another version than this program's: left alone until they are rebuilt,
    /// or this program is replaced.
    #[must_use]
    pub fn outdated(&self) -> Vec<String> {
        let standings = self.standings();
        let differs = |standing: &&Standing| {
            let own = self.versions.get(standing.projector.as_str());
            standing.is_live && own.is_some_and(|own| *own != standing.version)
        };
        let mut names: Vec<String> = standings.iter().filter(differs).map(|s| s.projector.clone()).collect();
        names.dedup();
        names
    }

    /// The live checkpoint of a projector.
    ///
    /// # Panics
    /// Where there is no projector of this name.
    pub(crate) fn position(&self, projector: &'static str, partition: u16) -> watch::Receiver<u64> {
        let places = self.positions.get(projector).unwrap_or_else(|| panic!("there is no projector {projector}"));
        places[usize::from(partition)].subscribe()
    }

    /// Resolves when a poll has found something to do in the partition.
    pub(crate) async fn behind(&self, partition: u16) {
        self.wakes[usize::from(partition)].notified().await;
    }

    /// Somebody waits for what is not projected yet: ends the pause of the partition's task, or the next one where a batch
    /// is under way.
    pub(crate) fn urge(&self, partition: u16) {
        self.urges[usize::from(partition)].notify_one();
    }

    /// Resolves when somebody waits.
    pub(crate) async fn urged(&self, partition: u16) {
        self.urges[usize::from(partition)].notified().await;
    }

    /// Takes what this node has projected, without waiting for the next poll.
    pub(crate) fn moved(&self, partition: u16, moves: &[Move]) {
        for a_move in moves {
            self.reached(&a_move.projector, partition, a_move.to);
        }
    }

    fn reached(&self, projector: &str, partition: u16, position: u64) {
        let Some(place) = self.positions.get(projector).and_then(|places| places.get(usize::from(partition))) else {
            return;
        };
        // A poll may have been under way while this node went on.
        place.send_if_modified(|known| {
            let is_news = position > *known;
            *known = position.max(*known);
            is_news
        });
    }

    /// Takes what a poll has found; `before` is what was known when it began.
    fn take(&self, standing: &Standing, before: &Known) {
        let Some((name, places)) = self.positions.get_key_value(standing.projector.as_str()) else { return };
        let (Some(place), Some(known)) = (
            places.get(usize::from(standing.partition)),
            before.get(name).and_then(|known| known.get(usize::from(standing.partition))),
        ) else {
            return;
        };
        if standing.position < *known {
            // Less than what was committed before the poll: the database is an older one by now.
            place.send_replace(standing.position);
        } else {
            self.reached(&standing.projector, standing.partition, standing.position);
        }
    }

    fn known(&self) -> Known {
        let known = |places: &Vec<watch::Sender<u64>>| places.iter().map(|place| *place.borrow()).collect();
        self.positions.iter().map(|(name, places)| (*name, known(places))).collect()
    }

    async fn poll(&self, pool: &PgPool, clock: &dyn Clock) -> Result<Arc<[Standing]>, sqlx::Error> {
        let (now, before) = (clock.now(), self.known());
        let standings: Arc<[Standing]> = standings(pool, now).await?.into();
        for standing in standings.iter().filter(|standing| standing.is_live) {
            self.take(standing, &before);
            let is_ours = self.positions.contains_key(standing.projector.as_str());
            if is_ours && standing.wants_a_batch(now) {
                // Kept for a task that is not waiting at the moment.
                self.wakes[usize::from(standing.partition)].notify_one();
            }
        }
        *self.polled() = Polled { standings: Arc::clone(&standings), at: Instant::now() };
        Ok(standings)
    }
}

/// Polls until it is aborted.
pub(crate) async fn run(monitor: Arc<Monitor>, pool: PgPool, clock: Arc<dyn Clock>, interval: Duration) {
    let mut due = tokio::time::interval(interval);
    due.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
    let mut metered: Option<Instant> = None;
    let mut failing = false;
    let mut outdated = Vec::new();
    loop {
        due.tick().await;
        let polled = timeout(ANSWER_MAX, AssertUnwindSafe(monitor.poll(&pool, &*clock)).catch_unwind()).await;
        let panicked = |panic: Box<dyn Any + Send>| Err(sqlx::Error::Protocol(text_of(&*panic).to_owned()));
        match polled.map_or(Err(sqlx::Error::PoolTimedOut), |polled| polled.unwrap_or_else(panicked)) {
            Ok(standings) => {
                failing = false;
                let found = monitor.outdated();
                if found != outdated {
                    tracing::error!(projectors = ?found, "rows of another version: run `credit-ledger rebuild` for each");
                    outdated = found;
                }
                if metered.is_none_or(|at| at.elapsed() >= METERS_INTERVAL) {
                    metered = Some(Instant::now());
                    meters::standings(&standings, clock.now());
                }
            }
            Err(error) => {
                if !std::mem::replace(&mut failing, true) {
                    tracing::warn!(%error, "the checkpoints cannot be polled");
                }
            }
        }
    }
}
