//! The engine: decides commands on cached state, appends them in groups, answers when they are durable.
//!
//! A command takes a permit, then its organization's lock; is decided on the speculative state (`step`), which moves at
//! once, and enters its partition's queue; the lock is let go; the writer appends what has gathered (`writer`) and lands
//! each flight; the command's own future answers (`execute`).
//!
//! Invariant: nothing is answered before what it depends on is durable.
//! Absent: rules of money, SQL.

mod cache;
mod confirm;
mod execute;
mod flight;
mod head;
mod health;
mod limits;
mod meters;
mod permit;
mod read;
mod slot;
mod step;
mod sweep;
mod turn;
mod writer;

use std::future::Future;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

use futures::future::join_all;
use tokio::sync::Semaphore;
use tokio::sync::mpsc::{UnboundedSender, unbounded_channel};
use tokio::task::JoinHandle;

use crate::clock::Clock;
use crate::ledger::ExecuteError;
use crate::log::Log;
use crate::record::CommandRequest;
use crate::tail::Tails;

pub use limits::Limits;

pub(crate) use cache::{Lease, Use};
pub(crate) use execute::{Answered, weigh};
pub(crate) use flight::{Flight, Landing};
pub(crate) use head::Decided;
pub(crate) use permit::Permit;
pub(crate) use slot::Desk;
pub(crate) use step::{head_of, unreadable, without_key};

use cache::Cache;
use confirm::Asker;
use flight::Departure;
use health::Watch;
use limits::{DRAIN_PAUSE, RETRY_AFTER};
use meters::Meters;
use writer::Writer;

pub(crate) struct Engine {
    pub(crate) log: Arc<dyn Log>,
    clock: Arc<dyn Clock>,
    limits: Limits,
    pub(crate) cache: Arc<Cache>,
    partitions: Vec<Partition>,
    health: Arc<Watch>,
    /// Room for a sweeper's read of the log, of all partitions.
    sweeping: Semaphore,
    accepting: AtomicBool,
    meters: Arc<Meters>,
    pub(crate) tails: Arc<Tails>,
    tasks: Mutex<Vec<JoinHandle<()>>>,
}

struct Partition {
    queue: UnboundedSender<Departure>,
    asker: Asker,
    permits: Arc<AtomicUsize>,
}

impl Engine {
    pub(crate) fn start(log: Arc<dyn Log>, clock: Arc<dyn Clock>, limits: Limits) -> Arc<Self> {
        let count = log.partitions();
        let meters = Arc::new(Meters::new(count));
        let mut tasks = Vec::new();
        let tails = Arc::new(Tails::new(count));
        let writer = |partition| Writer {
            partition,
            log: Arc::clone(&log),
            limits,
            meters: Arc::clone(&meters),
            tails: Arc::clone(&tails),
        };
        let partitions = (0..count).map(|number| Partition::start(writer(number), &mut tasks)).collect();
        let cache = Cache::new(count, limits.cache_bytes);
        let health = Arc::new(Watch::new());
        let accepting = AtomicBool::new(true);
        let engine = Arc::new(Self {
            log,
            clock,
            limits,
            cache,
            partitions,
            health,
            sweeping: Semaphore::new(limits.sweep_readers.max(1)),
            accepting,
            meters,
            tails,
            tasks: Mutex::new(tasks),
        });
        engine.spawn(health::run(Arc::downgrade(&engine)));
        for number in 0..count {
            engine.spawn(sweep::run(Arc::downgrade(&engine), number));
        }
        engine
    }

    fn spawn(&self, task: impl Future<Output = ()> + Send + 'static) {
        self.tasks.lock().expect("no code panics while it holds the tasks").push(tokio::spawn(task));
    }

    fn partition(&self, number: u16) -> &Partition {
        &self.partitions[usize::from(number)]
    }

    /// Room for commands of the lease's organization, on a node that takes any.
    pub(crate) fn permit(&self, lease: &Lease, commands: usize) -> Result<Arc<Permit>, ExecuteError> {
        let partition = &self.partition(lease.slot().partition()).permits;
        let (all, of_one) = (self.limits.permits, self.limits.organization_permits);
        let permit = Permit::try_take(partition, all, lease, of_one, commands);
        // After the permit: a shutdown that sees none taken will see none taken later.
        if !self.accepting.load(Ordering::SeqCst) {
            return Err(ExecuteError::ShuttingDown);
        }
        permit.ok_or(ExecuteError::Overloaded { retry_after: RETRY_AFTER })
    }

    pub(crate) async fn admit(&self) -> Result<(), ExecuteError> {
        self.health.admit().await.map_err(ExecuteError::unavailable)
    }

    /// The commands of one organization; one result each, in order.
    pub(crate) async fn execute_group(&self, requests: &[CommandRequest]) -> Vec<Answered> {
        let Some(first) = requests.first() else { return Vec::new() };
        if let Err(error) = self.admit().await {
            return self.refuse_all(requests, error);
        }
        let lease = self.cache.lease(&first.organization, Use::Command);
        match self.permit(&lease, requests.len()) {
            Ok(permit) => self.run(&lease, &permit, requests).await,
            Err(error) => self.refuse_all(requests, error),
        }
    }

    pub(crate) async fn execute_groups(&self, groups: &[Vec<CommandRequest>]) -> Vec<Vec<Answered>> {
        join_all(groups.iter().map(|group| self.execute_group(group))).await
    }

    /// One reason for all, none of which has touched the log.
    fn refuse_all(&self, requests: &[CommandRequest], error: ExecuteError) -> Vec<Answered> {
        let refusal = || match &error {
            ExecuteError::Overloaded { retry_after } => ExecuteError::Overloaded { retry_after: *retry_after },
            ExecuteError::Unavailable { reason, retry_after } => {
                ExecuteError::Unavailable { reason, retry_after: *retry_after }
            }
            ExecuteError::ShuttingDown | ExecuteError::Refused(_) | ExecuteError::KeyReused | ExecuteError::Log(_) => {
                ExecuteError::ShuttingDown
            }
        };
        requests.iter().map(|_| Err(refusal())).inspect(|result| self.meters.outcome(result)).collect()
    }

    pub(crate) fn ready(&self) -> Result<(), &'static str> {
        if !self.accepting.load(Ordering::SeqCst) {
            return Err("the ledger is shutting down");
        }
        if self.partitions.iter().any(|partition| partition.queue.is_closed() || partition.asker.0.is_closed()) {
            return Err("a writer has stopped");
        }
        self.health.ready()
    }

    /// Takes no more commands and waits until all that were taken are answered or at least durable.
    pub(crate) async fn shutdown(&self) {
        self.accepting.store(false, Ordering::SeqCst);
        while self.partitions.iter().any(|partition| partition.permits.load(Ordering::SeqCst) > 0) {
            tokio::time::sleep(DRAIN_PAUSE).await;
        }
        // Whatever holds no permit has nothing under way that anybody waits for.
        for task in self.tasks.lock().expect("no code panics while it holds the tasks").drain(..) {
            task.abort();
        }
    }
}

impl Partition {
    fn start(writer: Writer, tasks: &mut Vec<JoinHandle<()>>) -> Self {
        let (queue, departures) = unbounded_channel();
        let (questions, asked) = unbounded_channel();
        let (number, log, limits) = (writer.partition, Arc::clone(&writer.log), writer.limits);
        tasks.push(tokio::spawn(writer.run(departures)));
        tasks.push(tokio::spawn(confirm::run(number, log, limits.questions, asked)));
        Self { queue, asker: Asker(questions), permits: Arc::default() }
    }
}
