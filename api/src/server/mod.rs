//! Starting and stopping the server in this process.

mod connections;
mod patience;

use std::net::SocketAddr;
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use metrics_exporter_prometheus::{Matcher, PrometheusBuilder, PrometheusHandle};
use projections::Runner;
use projections::queries::Reader;
use store::log::Log;
use store::{Clock, Ledger};
use tokio::net::TcpListener;
use tokio::sync::{Semaphore, watch};
use tokio::task::JoinHandle;

use crate::app::{App, Parts};
use crate::auth::{AdminKey, Authenticator, Keys};
use crate::catalogue::Catalogue;
use crate::feed::Feed;
use crate::limits::{BODIES_BYTES_MAX, CONCURRENT_REQUESTS_MAX, DRAIN_MAX, METRICS_UPKEEP};
use crate::origins::Origins;
use crate::paying::{Account, Paying, Processes};
use crate::routes;

use connections::Bounds;

/// Seconds: from a cached read to the longest request.
const LATENCY_BUCKETS: [f64; 12] = [0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 1.0, 5.0, 30.0];

/// Commands or events: from one to the largest batch of a rebuild.
const COUNT_BUCKETS: [f64; 14] =
    [1.0, 2.0, 4.0, 8.0, 16.0, 32.0, 64.0, 128.0, 256.0, 512.0, 1_000.0, 2_000.0, 5_000.0, 10_000.0];
/// Histograms that count, and measure no time.
const COUNTING: [&str; 2] = ["credit_ledger_append_batch_commands", "credit_ledger_projection_batch_events"];

/// What a server needs.
pub struct Serve {
    /// Host and port; port 0 picks a free one.
    pub listen: String,
    pub log: Arc<dyn Log>,
    pub reads: Reader,
    /// Of the read side; the tails are this server's own.
    pub projections: projections::Settings,
    pub notifications: notifications::Settings,
    pub keys: Keys,
    pub catalogue: Catalogue,
    pub clock: Arc<dyn Clock>,
    /// An admin key that the database does not know.
    pub admin_key: Option<AdminKey>,
    /// Of web pages that may use this server.
    pub origins: Origins,
    /// Who moves money; `None`: nobody.
    pub account: Option<Account>,
}

/// Why a server did not start.
#[derive(Debug, thiserror::Error)]
pub enum ServeError {
    #[error("the address cannot be listened on")]
    Listen(#[from] std::io::Error),
    #[error("the read side cannot start")]
    Projections(#[source] sqlx::Error),
    #[error("notifications cannot start")]
    Notifications(#[source] sqlx::Error),
}

/// A running server.
pub struct Handle {
    pub addr: SocketAddr,
    stop: watch::Sender<bool>,
    serving: JoinHandle<()>,
    /// Tasks that nobody waits for.
    beside: [JoinHandle<()>; 2],
    ledger: Arc<Ledger>,
    reads: Reader,
    projections: Arc<Runner>,
    payments: Option<Processes>,
    notifications: Arc<notifications::Runner>,
}

/// Starts a server; it answers when this returns, and takes commands unless the database is in the way.
///
/// # Errors
/// [`ServeError`].
pub async fn serve(settings: Serve) -> Result<Handle, ServeError> {
    let listener = TcpListener::bind(&settings.listen).await?;
    let addr = listener.local_addr()?;
    // Before the ledger, which takes its meters at its start.
    let metrics = recorder();
    let ledger = Arc::new(Ledger::start(settings.log, Arc::clone(&settings.clock)));
    let projections = projections::Settings { tails: Some(ledger.tails()), ..settings.projections };
    let projections = Arc::new(Runner::start(projections).await.map_err(ServeError::Projections)?);
    let notifications = notifications::Runner::start(settings.notifications, Arc::clone(ledger.log())).await;
    let notifications = Arc::new(notifications.map_err(ServeError::Notifications)?);
    let auth = Authenticator::new(settings.keys, settings.admin_key);
    let (stop, stopped) = watch::channel(false);
    let feed = Feed::new(Arc::clone(&ledger), stopped.clone());
    let following = tokio::spawn(Arc::clone(&feed.hub).run(Arc::clone(&ledger)));
    let payments_pool = settings.catalogue.pool().clone();
    let clock = Arc::clone(&settings.clock);
    let paying = settings.account.map(|account| Paying::new(account, Arc::clone(&ledger), payments_pool, clock));
    let payments = paying.as_ref().map(Processes::start);
    let app = App::new(Parts {
        ledger: Arc::clone(&ledger),
        reads: settings.reads.clone(),
        projections: Arc::clone(&projections),
        clock: settings.clock,
        auth,
        catalogue: settings.catalogue,
        metrics: metrics.clone(),
        feed,
        origins: settings.origins,
        paying,
        notifications: Arc::clone(&notifications),
        permits: Semaphore::new(CONCURRENT_REQUESTS_MAX),
        bodies: Arc::new(Semaphore::new(BODIES_BYTES_MAX)),
    });
    let router = routes::router(app);
    let upkeep = tokio::spawn(keep_up(metrics));
    let serving = tokio::spawn(connections::run(listener, router, Bounds::default(), stopped));
    wait_until_ready(&ledger).await;
    let beside = [upkeep, following];
    let reads = settings.reads;
    Ok(Handle { addr, stop, serving, beside, ledger, reads, projections, payments, notifications })
}

/// A node is not ready before it has compared its clock with the database's. One that stays unready serves all the
/// same: `/readyz` says why.
async fn wait_until_ready(ledger: &Ledger) {
    const LOOKS: u32 = 200;
    const PAUSE: Duration = Duration::from_millis(10);
    for _ in 0..LOOKS {
        if ledger.ready().is_ok() {
            return;
        }
        tokio::time::sleep(PAUSE).await;
    }
}

impl Handle {
    /// Stops accepting, answers what is in work, flushes.
    pub async fn shutdown(mut self) {
        self.stop.send_replace(true);
        if tokio::time::timeout(DRAIN_MAX, &mut self.serving).await.is_err() {
            tracing::warn!("connections were still open when the server stopped");
            self.serving.abort();
        }
        self.beside.iter().for_each(JoinHandle::abort);
        if let Some(payments) = self.payments {
            payments.shutdown().await;
        }
        self.reads.close().await;
        self.notifications.shutdown().await;
        // What is not projected yet is projected by another node, or after the next start.
        self.projections.shutdown().await;
        // A database that is gone answers nobody: what it was told is found with its key later.
        if tokio::time::timeout(DRAIN_MAX, self.ledger.shutdown()).await.is_err() {
            tracing::warn!("the database did not answer; the outcome of the last commands is found with their keys");
        }
    }
}

/// The process's recorder of metrics; a process has one, however many servers it runs.
fn recorder() -> PrometheusHandle {
    static RECORDER: OnceLock<PrometheusHandle> = OnceLock::new();
    let install = || exporter().install_recorder().expect("the process installs one recorder");
    RECORDER.get_or_init(install).clone()
}

fn exporter() -> PrometheusBuilder {
    let timing = PrometheusBuilder::new().set_buckets(&LATENCY_BUCKETS).expect("there are buckets");
    COUNTING.iter().fold(timing, |builder, name| {
        let matcher = Matcher::Full((*name).to_owned());
        builder.set_buckets_for_metric(matcher, &COUNT_BUCKETS).expect("there are buckets")
    })
}

/// Folds histograms, so that they do not grow while nobody scrapes.
async fn keep_up(recorder: PrometheusHandle) {
    let mut due = tokio::time::interval(METRICS_UPKEEP);
    loop {
        due.tick().await;
        recorder.run_upkeep();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_counts_is_not_counted_in_seconds() {
        let recorder = exporter().build_recorder();
        metrics::with_local_recorder(&recorder, || {
            COUNTING.iter().for_each(|name| metrics::histogram!(*name).record(300.0));
            metrics::histogram!("credit_ledger_append_seconds").record(0.003);
        });
        let text = recorder.handle().render();
        for name in COUNTING {
            let below = format!("{name}_bucket{{le=\"256\"}} 0");
            let within = format!("{name}_bucket{{le=\"512\"}} 1");
            assert!(text.contains(&below) && text.contains(&within), "{text}");
        }
        assert!(text.contains("credit_ledger_append_seconds_bucket{le=\"0.005\"} 1"), "{text}");
    }
}
