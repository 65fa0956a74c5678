//! Whether the node may take commands: its clock agrees with the database's (CORRECTNESS C12).
//!
//! Invariant: a time that something is decided at was read from a clock that nobody has set since the two agreed. The
//! clocks are compared every few seconds; in between, each look at the time is held against a clock that is never set.

use std::sync::atomic::{AtomicI64, Ordering};
use std::sync::{Arc, Weak};
use std::time::Duration;

use domain::Timestamp;
use tokio::sync::{Notify, watch};

use crate::clock::Clock;
use crate::log::Log;

use super::Engine;
use super::limits::{CLOCK_DIFFERENCE_MAX, FIRST_CLOCK_CHECK_PAUSE, FIRST_CLOCK_CHECK_WAIT};

const UNCHECKED: &str = "the clock has not been compared with the database's yet";
/// No clock is this far from one that began with the process.
const NEVER_AGREED: i64 = i64::MIN;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Health {
    /// The clocks have not been compared, or the node's was set since.
    Unchecked,
    Good,
    /// They agreed when the database last answered; commands find out by themselves that it does not.
    Unanswered,
    ClockDiffers,
}

pub(crate) struct Watch {
    health: watch::Sender<Health>,
    /// [`Clock::ahead_of_steady_micros`] where the clocks last agreed.
    agreed: AtomicI64,
    /// Asks for a comparison at once.
    doubted: Notify,
}

impl Watch {
    pub(crate) fn new() -> Self {
        let agreed = AtomicI64::new(NEVER_AGREED);
        Self { health: watch::Sender::new(Health::Unchecked), agreed, doubted: Notify::new() }
    }

    pub(crate) fn ready(&self) -> Result<(), &'static str> {
        match *self.health.borrow() {
            Health::Good => Ok(()),
            Health::Unchecked => Err(UNCHECKED),
            Health::Unanswered => Err("the database does not answer"),
            Health::ClockDiffers => Err("the clock differs from the database's by more than a second"),
        }
    }

    /// Whether commands are taken; where the clocks must be compared first, once they have been.
    pub(crate) async fn admit(&self) -> Result<(), &'static str> {
        if *self.health.borrow() == Health::Unchecked {
            let mut receiver = self.health.subscribe();
            let checked = receiver.wait_for(|health| *health != Health::Unchecked);
            let _ = tokio::time::timeout(FIRST_CLOCK_CHECK_WAIT, checked).await;
        }
        match *self.health.borrow() {
            Health::Good | Health::Unanswered => Ok(()),
            Health::Unchecked | Health::ClockDiffers => self.ready(),
        }
    }

    /// The clock's time, if it is the one that agreed with the database's.
    pub(crate) fn now(&self, clock: &dyn Clock) -> Result<Timestamp, &'static str> {
        let now = clock.now();
        // Looked at behind the time: where the clock was set in between, that time was right.
        let (agreed, ahead) = (self.agreed.load(Ordering::Acquire), clock.ahead_of_steady_micros());
        if agreed != NEVER_AGREED && !was_set(agreed, ahead) {
            return Ok(now);
        }
        self.doubt();
        Err(self.ready().err().unwrap_or(UNCHECKED))
    }

    /// Takes nothing more until the clocks have been compared again.
    fn doubt(&self) {
        self.agreed.store(NEVER_AGREED, Ordering::Release);
        let was_set = self.health.send_if_modified(|health| match health {
            Health::Good | Health::Unanswered => {
                *health = Health::Unchecked;
                true
            }
            Health::Unchecked | Health::ClockDiffers => false,
        });
        if was_set {
            tracing::error!("the clock was set, or the machine suspended: no commands are taken before it is compared");
            self.doubted.notify_one();
        }
    }

    async fn check(&self, log: &dyn Log, clock: &dyn Clock) {
        let (ahead, before) = (clock.ahead_of_steady_micros(), clock.machine_now());
        let answer = log.now().await;
        let (after, ahead_after) = (clock.machine_now(), clock.ahead_of_steady_micros());
        if was_set(ahead, ahead_after) {
            return self.doubt();
        }
        let health = match answer {
            Ok(database) if agree(before, database, after) => {
                self.agreed.store(ahead, Ordering::Release);
                Health::Good
            }
            Ok(database) => {
                tracing::error!(%before, %database, "the clock differs from the database's: no commands are taken");
                self.agreed.store(NEVER_AGREED, Ordering::Release);
                Health::ClockDiffers
            }
            Err(error) => {
                tracing::warn!(%error, "the database's clock cannot be read");
                match *self.health.borrow() {
                    Health::Good | Health::Unanswered => Health::Unanswered,
                    other @ (Health::Unchecked | Health::ClockDiffers) => other,
                }
            }
        };
        self.health.send_replace(health);
    }

    /// Until the clocks are to be compared again.
    async fn pause(&self, interval: Duration) {
        let unchecked = *self.health.borrow() == Health::Unchecked;
        let pause = if unchecked { FIRST_CLOCK_CHECK_PAUSE } else { interval };
        let _ = tokio::time::timeout(pause, self.doubted.notified()).await;
    }
}

/// Whether somebody has set the clock between two looks at it.
fn was_set(earlier: i64, later: i64) -> bool {
    u128::from(later.abs_diff(earlier)) > CLOCK_DIFFERENCE_MAX.as_micros()
}

/// Whether the database's time, read between two looks at the clock, can be within the allowed difference of it.
fn agree(before: Timestamp, database: Timestamp, after: Timestamp) -> bool {
    before - CLOCK_DIFFERENCE_MAX <= database && database <= after + CLOCK_DIFFERENCE_MAX
}

/// Compares the clocks every few seconds, as long as the engine lives.
pub(super) async fn run(engine: Weak<Engine>) {
    while let Some(engine) = engine.upgrade() {
        let (log, clock) = (Arc::clone(&engine.log), Arc::clone(&engine.clock));
        engine.health.check(&*log, &*clock).await;
        engine.meters.cache(engine.cache.bytes(), engine.cache.len());
        let (health, interval) = (Arc::clone(&engine.health), engine.limits.clock_interval);
        drop(engine);
        health.pause(interval).await;
    }
}
