//! Whether the node may take commands: its clock agrees with the database's (CORRECTNESS C12).

use std::sync::Arc;
use std::sync::Weak;
use std::time::Duration;

use domain::Timestamp;
use tokio::sync::watch;

use crate::clock::Clock;
use crate::log::Log;

use super::Engine;
use super::limits::{CLOCK_DIFFERENCE_MAX, FIRST_CLOCK_CHECK_PAUSE, FIRST_CLOCK_CHECK_WAIT};

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Health {
    /// The clocks have not been compared.
    Unchecked,
    Good,
    /// They agreed when the database last answered; commands find out by themselves that it does not.
    Unanswered,
    ClockDiffers,
}

pub(crate) struct Watch(watch::Sender<Health>);

impl Watch {
    pub(crate) fn new() -> Self {
        Self(watch::Sender::new(Health::Unchecked))
    }

    pub(crate) fn ready(&self) -> Result<(), &'static str> {
        match *self.0.borrow() {
            Health::Good => Ok(()),
            Health::Unchecked => Err("the clock has not been compared with the database's yet"),
            Health::Unanswered => Err("the database does not answer"),
            Health::ClockDiffers => Err("the clock differs from the database's by more than a second"),
        }
    }

    /// Whether commands are taken; right after the start, once the clocks have been compared.
    pub(crate) async fn admit(&self) -> Result<(), &'static str> {
        if *self.0.borrow() == Health::Unchecked {
            let mut receiver = self.0.subscribe();
            let checked = receiver.wait_for(|health| *health != Health::Unchecked);
            let _ = tokio::time::timeout(FIRST_CLOCK_CHECK_WAIT, checked).await;
        }
        match *self.0.borrow() {
            Health::Good | Health::Unanswered => Ok(()),
            Health::Unchecked | Health::ClockDiffers => self.ready(),
        }
    }

    async fn check(&self, log: &dyn Log, clock: &dyn Clock) {
        let before = clock.machine_now();
        let health = match log.now().await {
            Ok(database) if agree(before, database, clock.machine_now()) => Health::Good,
            Ok(database) => {
                tracing::error!(%before, %database, "the clock differs from the database's: no commands are taken");
                Health::ClockDiffers
            }
            Err(error) => {
                tracing::warn!(%error, "the database's clock cannot be read");
                match *self.0.borrow() {
                    Health::Good | Health::Unanswered => Health::Unanswered,
                    other @ (Health::Unchecked | Health::ClockDiffers) => other,
                }
            }
        };
        self.0.send_replace(health);
    }

    fn pause(&self, interval: Duration) -> Duration {
        if *self.0.borrow() == Health::Unchecked { FIRST_CLOCK_CHECK_PAUSE } else { interval }
    }
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
        let pause = engine.health.pause(engine.limits.clock_interval);
        drop(engine);
        tokio::time::sleep(pause).await;
    }
}
