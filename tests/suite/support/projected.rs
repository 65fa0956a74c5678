//! Read tables that have all of the log.

use std::sync::Arc;
use std::time::Duration;

use projections::projectors;
use projections::{Limits, Runner, Settings, standings};
use sqlx::PgPool;
use sqlx::postgres::PgConnectOptions;
use store::Clock;
use store::testing::ManualClock;

/// How long a test's events may take to be projected.
const PATIENCE: Duration = Duration::from_secs(60);

/// Projects all that is in the log, with batches of this many events.
pub async fn project(options: &PgConnectOptions, pool: &PgPool, events: u32) {
    let mut limits = Limits { poll: Duration::from_millis(5), ..Limits::default() };
    limits.batch.events = events;
    let settings = Settings {
        options: options.clone(),
        projectors: projectors::all(),
        clock: Arc::new(ManualClock::new()),
        tails: None,
        replica: None,
        projects: true,
        limits,
    };
    let runner = Runner::start(settings).await.expect("the database is migrated");
    caught_up(pool).await;
    runner.shutdown().await;
}

/// Waits until every projector is at the end of the log.
pub async fn caught_up(pool: &PgPool) {
    let done = async {
        loop {
            let all = standings(pool, ManualClock::new().now()).await.expect("the database answers");
            let stopped = all.iter().find_map(|standing| standing.stop.as_ref().map(|stop| (standing, stop)));
            assert_eq!(stopped, None, "a projector has stopped");
            if !all.is_empty() && all.iter().all(|standing| standing.lag_events() == 0) {
                return;
            }
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    };
    tokio::time::timeout(PATIENCE, done).await.expect("the projectors catch up");
}
