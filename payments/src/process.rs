//! A node's tasks: one that takes what is due from the database and works at it, some at a time, and one that does
//! something every so often.
//!
//! Invariant: no wait for the database is without end.
//! Invariant: what is taken is claimed for a while, in the database; whatever a node drops is due again when its claim ends.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use async_trait::async_trait;
use chrono::TimeDelta;
use domain::Timestamp;
use tokio::sync::watch;
use tokio::task::{JoinHandle, JoinSet};
use tokio::time::{Instant, MissedTickBehavior, timeout};

/// How often a node looks for work: a customer waits for it, and a look costs a few statements by index.
const POLL: Duration = Duration::from_millis(250);
/// The pause after the database did not answer.
const FAILURE_PAUSE: Duration = Duration::from_secs(2);
/// How often a task counts what there is: the count costs as much as there is to do.
pub(crate) const COUNT_EVERY: TimeDelta = TimeDelta::seconds(10);
/// The longest that a look for work waits for the database: past every timeout of its session. TCP alone does not end a
/// wait whose question arrived.
const ANSWER_MAX: Duration = Duration::from_secs(40);
/// The longest that a piece of work may take: past its calls with all their repetitions, and past its claim. It is dropped
/// as by a crash, and begun again from the database.
const ATTEND_MAX: Duration = Duration::from_secs(600);
/// The longest that a round may take. One that goes through days of payments takes hours, and is begun anew when cut off.
const ROUND_MAX: Duration = Duration::from_secs(6 * 60 * 60);
/// How long shutting down waits for what is under way; what is cut off is done again from the database.
const DRAIN_MAX: Duration = Duration::from_secs(10);

/// What a task works at.
#[async_trait]
pub(crate) trait Work: Send + Sync + 'static {
    /// What is claimed.
    type Item: Send + 'static;
    /// For logs: what is looked for.
    const NAME: &'static str;
    /// Items worked at together on a node.
    const AT_ONCE: usize;
    /// The longest that a look waits for the database.
    const ANSWER_MAX: Duration = ANSWER_MAX;

    /// Claims up to `room` items that are due.
    async fn claim(&self, room: usize) -> Result<Vec<Self::Item>, sqlx::Error>;

    /// Works at one, and says for itself what is in the way.
    async fn attend(&self, item: Self::Item);
}

/// What a task does only every so often, between its looks for work.
pub(crate) struct Seldom {
    every: TimeDelta,
    done_at: Mutex<Option<Timestamp>>,
}

impl Seldom {
    pub(crate) const fn new(every: TimeDelta) -> Self {
        Self { every, done_at: Mutex::new(None) }
    }

    /// Whether it is time, the first time at once; whoever is told so does it.
    pub(crate) fn is_time(&self, now: Timestamp) -> bool {
        let mut done_at = self.done_at.lock().expect("nothing panics while it is held");
        let is_time = done_at.is_none_or(|at| now - at >= self.every);
        if is_time {
            *done_at = Some(now);
        }
        is_time
    }
}

/// A task of a node; it ends when this is dropped.
pub struct Process {
    stop: watch::Sender<bool>,
    task: tokio::sync::Mutex<Option<JoinHandle<()>>>,
}

impl Process {
    /// Inside a Tokio runtime.
    pub(crate) fn start<W: Work>(work: W) -> Self {
        let (stop, stopped) = watch::channel(false);
        let task = tokio::spawn(run(Arc::new(work), stopped));
        Self { stop, task: tokio::sync::Mutex::new(Some(task)) }
    }

    /// Does something every so often, the first time after `first`. What a round was at when this stops is cut off: the
    /// next one begins again from the database.
    pub(crate) fn every<R>(first: Duration, every: Duration, round: impl Fn() -> R + Send + Sync + 'static) -> Self
    where
        R: Future<Output = ()> + Send + 'static,
    {
        let (stop, mut stopped) = watch::channel(false);
        let task = tokio::spawn(async move {
            let mut due = tokio::time::interval_at(Instant::now() + first, every);
            due.set_missed_tick_behavior(MissedTickBehavior::Delay);
            loop {
                let next = async {
                    due.tick().await;
                    if timeout(ROUND_MAX, round()).await.is_err() {
                        tracing::error!("a round was not answered and is given up; it is begun again");
                    }
                };
                tokio::select! {
                    () = next => {}
                    _ = stopped.changed() => break,
                }
            }
        });
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

/// Whatever waits for its answer keeps nothing else waiting.
async fn run<W: Work>(work: Arc<W>, mut stopped: watch::Receiver<bool>) {
    let mut tasks = JoinSet::new();
    while !*stopped.borrow_and_update() {
        let room = W::AT_ONCE.saturating_sub(tasks.len());
        let claimed = timeout(W::ANSWER_MAX, work.claim(room)).await.unwrap_or(Err(sqlx::Error::PoolTimedOut));
        let (found, pause) = match claimed {
            Ok(items) => (items, POLL),
            Err(error) => {
                tracing::warn!(what = W::NAME, %error, "what is due cannot be looked for");
                (Vec::new(), FAILURE_PAUSE)
            }
        };
        // There may be more: look again as soon as there is room.
        let is_full = room > 0 && found.len() == room;
        for item in found {
            let work = Arc::clone(&work);
            tasks.spawn(async move {
                if timeout(ATTEND_MAX, work.attend(item)).await.is_err() {
                    tracing::error!(what = W::NAME, "work was not answered and is given up; it is begun again");
                }
            });
        }
        tokio::select! {
            () = tokio::time::sleep(pause), if !is_full => {}
            _ = tasks.join_next(), if is_full => {}
            changed = stopped.changed() => {
                // Who started it is gone, and nobody can stop it any more.
                if changed.is_err() {
                    break;
                }
            }
        }
        while tasks.try_join_next().is_some() {}
    }
    while tasks.join_next().await.is_some() {}
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicUsize, Ordering};

    use super::*;

    /// Work that the first look never hears of.
    struct Silent(Arc<AtomicUsize>);

    #[async_trait]
    impl Work for Silent {
        type Item = ();
        const NAME: &'static str = "silent";
        const AT_ONCE: usize = 1;
        const ANSWER_MAX: Duration = Duration::from_millis(50);

        async fn claim(&self, _room: usize) -> Result<Vec<()>, sqlx::Error> {
            if self.0.fetch_add(1, Ordering::SeqCst) == 0 {
                std::future::pending::<()>().await;
            }
            Ok(Vec::new())
        }

        async fn attend(&self, (): ()) {}
    }

    #[tokio::test]
    async fn a_look_for_work_that_is_not_answered_is_made_again() {
        const TOO_LONG: Duration = Duration::from_secs(10);
        let looks = Arc::new(AtomicUsize::new(0));
        let process = Process::start(Silent(Arc::clone(&looks)));
        let again = async {
            while looks.load(Ordering::SeqCst) < 2 {
                tokio::time::sleep(POLL).await;
            }
        };
        timeout(TOO_LONG, again).await.expect("it looks again");
        process.shutdown().await;
    }
}
