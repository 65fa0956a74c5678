//! Runs a load: warm-up, then the measured time.

use std::cell::Cell;
use std::rc::Rc;
use std::time::Duration;

use anyhow::bail;
use tokio::task::{JoinSet, LocalSet};
use tokio::time::{Instant, sleep, sleep_until};

use super::caller::{Caller, Shared};
use super::connection::Connection;
use super::measured::Measured;
use super::target::Target;
use super::work::Work;

/// A connection that cannot be used this often in a row ends the run: the server is gone.
const BROKEN_MAX: u32 = 20;

/// Between tries to connect.
const RECONNECT_PAUSE: Duration = Duration::from_millis(50);

/// When the next request leaves.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Pace {
    /// As soon as the answer to the one before is there: the most that the server can do.
    Closed,
    /// So many requests a second over all connections, whatever the server does.
    Fixed { requests_per_second: u64 },
}

#[derive(Clone, Copy, Debug)]
pub struct Plan {
    pub connections: u32,
    pub pace: Pace,
    pub warm_up: Duration,
    pub measured: Duration,
    /// Ends the run before its time; `u64::MAX` where time is the bound.
    pub requests_max: u64,
}

/// The instants of a run and the requests left.
struct Schedule {
    plan: Plan,
    start: Instant,
    issued: Cell<u64>,
}

impl Schedule {
    fn measured_from(&self) -> Instant {
        self.start + self.plan.warm_up
    }

    fn end(&self) -> Instant {
        self.measured_from() + self.plan.measured
    }

    /// When the next request is due; `None` when the run is over.
    fn next_due(&self) -> Option<Instant> {
        let number = self.issued.get();
        let due = match self.plan.pace {
            Pace::Closed => Instant::now(),
            Pace::Fixed { requests_per_second } => {
                let nanos = u128::from(number) * 1_000_000_000 / u128::from(requests_per_second.max(1));
                self.start + Duration::from_nanos(u64::try_from(nanos).unwrap_or(u64::MAX))
            }
        };
        if number >= self.plan.requests_max || due >= self.end() {
            return None;
        }
        self.issued.set(number + 1);
        Some(due)
    }

    /// Whether a request counts. A closed loop counts what is answered within the time, a fixed rate what was due in
    /// it: a late answer must not drop out of the latencies.
    fn counts(&self, due: Instant, done: Instant) -> bool {
        let instant = match self.plan.pace {
            Pace::Closed => done,
            Pace::Fixed { .. } => due,
        };
        (self.measured_from()..self.end()).contains(&instant)
    }
}

/// Runs a load on the calling thread and answers what it measured.
///
/// # Errors
/// The server cannot be reached, or answers something that it should not.
pub async fn run(target: &Target, work: Work, plan: Plan) -> anyhow::Result<Measured> {
    let shared = Rc::new(Shared::new(target.clone(), work));
    let schedule = Rc::new(Schedule { plan, start: Instant::now(), issued: Cell::new(0) });
    let mut measured = Measured::new(plan.measured);
    let local = LocalSet::new();
    let mut callers = JoinSet::new();
    for _ in 0..plan.connections {
        callers.spawn_local_on(converse(Rc::clone(&shared), Rc::clone(&schedule)), &local);
    }
    local
        .run_until(async {
            while let Some(part) = callers.join_next().await {
                measured.add(&part??);
            }
            Ok(measured)
        })
        .await
}

async fn converse(shared: Rc<Shared>, schedule: Rc<Schedule>) -> anyhow::Result<Measured> {
    let mut measured = Measured::new(schedule.plan.measured);
    let mut caller = Caller::new(Rc::clone(&shared));
    let mut connection = Connection::open(&shared.target).await?;
    let mut broken = 0;
    while let Some(due) = schedule.next_due() {
        if due > Instant::now() {
            sleep_until(due).await;
        }
        let reply = connection.send(caller.ask()?).await;
        let done = Instant::now();
        let (status, commands) = match &reply {
            Ok(reply) => (reply.status, caller.accept(reply)?),
            Err(_) => (0, 0),
        };
        if schedule.counts(due, done) {
            measured.record(status, commands, done - due);
        }
        match reply {
            Ok(_) => broken = 0,
            Err(error) if broken == BROKEN_MAX => bail!("the server does not answer: {error:#}"),
            Err(_) => {
                broken += 1;
                connection = reconnect(&shared.target).await?;
            }
        }
    }
    Ok(measured)
}

async fn reconnect(target: &Target) -> anyhow::Result<Connection> {
    sleep(RECONNECT_PAUSE).await;
    Connection::open(target).await
}
