//! A database, a ledger that writes to it, and runners that project it.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use api::SystemClock;
use domain::OrganizationId;
use projections::{Limits, Projector, Runner, Settings, Standing, standings};
use sqlx::PgPool;
use sqlx::postgres::{PgConnectOptions, PgPoolOptions};
use store::Ledger;
use store::postgres::PostgresLog;
use store::testing::world::{consume, grant, request};

use super::probe::Probe;
use crate::support;

/// Longer than any poll, batch or retry of these tests.
const PATIENCE: Duration = Duration::from_secs(20);

pub struct World {
    pub options: PgConnectOptions,
    pub pool: PgPool,
    pub ledger: Arc<Ledger>,
    next: AtomicUsize,
}

pub fn organization(n: usize) -> OrganizationId {
    OrganizationId::try_new(&format!("org-{n}")).unwrap()
}

impl World {
    pub async fn new() -> Self {
        let options = support::migrated_database().await;
        let pool = PgPoolOptions::new().max_connections(6).connect_with(options.clone()).await.unwrap();
        let ledger = ledger(&options).await;
        Self { options, pool, ledger, next: AtomicUsize::new(0) }
    }

    /// A world with a probe of this name, whose table is there.
    pub async fn with_probe(name: &'static str) -> (Self, Arc<Probe>) {
        let world = Self::new().await;
        let probe = Probe::new(name);
        probe.migrate(&world.pool).await;
        (world, probe)
    }

    /// Makes this many consumptions, spread over the organizations.
    pub async fn spend(&self, organizations: usize, commands: usize) {
        spend(&self.ledger, &self.next, organizations, commands).await;
    }

    pub fn settings(&self, projectors: Vec<Arc<dyn Projector>>) -> Settings {
        Settings {
            options: self.options.clone(),
            projectors,
            clock: Arc::new(SystemClock::new()),
            tails: Some(self.ledger.tails()),
            replica: None,
            projects: true,
            limits: Limits::default(),
        }
    }

    pub async fn runner(&self, projectors: Vec<Arc<dyn Projector>>) -> Runner {
        Runner::start(self.settings(projectors)).await.unwrap()
    }

    pub async fn standings(&self, projector: &str) -> Vec<Standing> {
        let all = standings(&self.pool, chrono::DateTime::UNIX_EPOCH).await.unwrap();
        all.into_iter().filter(|standing| standing.projector == projector && standing.is_live).collect()
    }

    /// Waits until the projector has every event.
    pub async fn caught_up(&self, projector: &str) {
        self.until(projector, "has caught up", |standings| {
            standings.iter().all(|standing| standing.position == standing.end)
        })
        .await;
    }

    /// Waits until its checkpoints are so.
    pub async fn until(&self, projector: &str, what: &str, so: impl Fn(&[Standing]) -> bool) {
        let started = Instant::now();
        loop {
            let standings = self.standings(projector).await;
            if !standings.is_empty() && so(&standings) {
                return;
            }
            assert!(started.elapsed() < PATIENCE, "{projector} never {what}: {standings:#?}");
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    }

    /// The log of before: the last events of a partition were never there.
    pub async fn cut(&self, partition: i16, events: i64) {
        let sql = "DELETE FROM store.events e WHERE e.partition = $1
            AND e.position > (SELECT max(l.position) FROM store.events l WHERE l.partition = $1) - $2";
        sqlx::query(sql).bind(partition).bind(events).execute(&self.pool).await.unwrap();
    }

    /// The rows behind a contract name, as text, in order.
    pub async fn rows(&self, view: &str) -> Vec<String> {
        rows(&self.pool, view).await
    }

    /// The probe's rows are what a count of the log says.
    pub async fn assert_counted(&self, view: &str) {
        let differing: i64 = sqlx::query_scalar(&format!(
            "SELECT count(*)
             FROM (SELECT partition, aggregate_id AS organization_id, count(*) AS events, max(sequence) AS last_sequence,
                          sum(position) AS positions
                   FROM store.events GROUP BY 1, 2) e
             FULL JOIN ledger.{view} p USING (partition, organization_id)
             WHERE (p.events, p.last_sequence, p.positions) IS DISTINCT FROM (e.events, e.last_sequence, e.positions)"
        ))
        .fetch_one(&self.pool)
        .await
        .unwrap();
        assert_eq!(differing, 0, "organizations whose rows are not what the log says");
    }
}

/// The rows behind a contract name, as text, in order.
pub async fn rows(pool: &PgPool, view: &str) -> Vec<String> {
    sqlx::query_scalar(&format!("SELECT r::text FROM ledger.{view} r ORDER BY 1")).fetch_all(pool).await.unwrap()
}

pub async fn ledger(options: &PgConnectOptions) -> Arc<Ledger> {
    let log = PostgresLog::connect(options.clone(), 4).await.unwrap();
    Arc::new(Ledger::start(Arc::new(log), Arc::new(SystemClock::new())))
}

pub async fn spend(ledger: &Ledger, next: &AtomicUsize, organizations: usize, commands: usize) {
    /// Of one batch.
    const AT_ONCE: usize = 500;
    let mut left = commands;
    while left > 0 {
        let of_batch = left.min(AT_ONCE);
        left -= of_batch;
        let first = next.fetch_add(of_batch, Ordering::Relaxed);
        let command = |n: usize| {
            let organization = organization(n % organizations);
            // The first of each organization pays for the others.
            let command = if n < organizations { grant(1_000_000) } else { consume(1) };
            request(&organization, &format!("k-{n}"), command)
        };
        for answer in ledger.execute_all((first..first + of_batch).map(command).collect()).await {
            answer.unwrap();
        }
    }
}
