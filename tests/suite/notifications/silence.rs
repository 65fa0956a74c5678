//! A database that takes what it is asked and never answers.

use std::sync::Arc;
use std::time::{Duration, Instant};

use api::SystemClock;
use notifications::address::Addresses;
use notifications::{Endpoints, NewEndpoint, Runner, Sealer, Settings, Target};
use sqlx::PgPool;
use store::Clock as _;
use store::postgres::PostgresLog;

use crate::support;
use crate::support::proxy::Proxy;

/// Longer than any wait for the database may last.
const TOO_LONG: Duration = Duration::from_secs(60);
const RECEIVER: &str = "https://192.0.2.1/hooks";

#[tokio::test(flavor = "multi_thread")]
async fn a_reader_whose_answer_never_comes_goes_on() {
    let options = support::migrated_database().await;
    let pool = PgPool::connect_with(options.clone()).await.unwrap();
    let (proxy, through) = Proxy::start(&options).await;
    let log = Arc::new(PostgresLog::connect(options, 1).await.unwrap());
    let (clock, sealer) = (Arc::new(SystemClock::new()), Arc::new(Sealer::default()));
    let (addresses, expiring) = (Addresses::PrivateToo, Duration::from_secs(3_600));
    let settings =
        Settings { options: through, clock: clock.clone(), sealer: Arc::clone(&sealer), addresses, expiring };
    // Said by the look at all partitions, and no part of a transaction, which the server would end.
    proxy.fall_silent_after("ORDER BY p.partition");
    let runner = Runner::start(settings, log).await.unwrap();
    let begun = Instant::now();
    while !proxy.is_silent() {
        assert!(begun.elapsed() < TOO_LONG, "nobody looks at the partitions");
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    tokio::time::sleep(Duration::from_secs(1)).await;
    proxy.speak();

    let (target, started) = (Target::try_new(RECEIVER, addresses).unwrap(), clock.now());
    let new = NewEndpoint {
        organization: None,
        target,
        description: String::new(),
        types: Vec::new(),
        created_by: "key:test".to_owned(),
    };
    Endpoints::new(pool.clone(), clock, sealer).create(new).await.unwrap();
    let unread = "SELECT count(*) FROM payments.notification_places WHERE expiries_at <= $1";
    while sqlx::query_scalar::<_, i64>(unread).bind(started).fetch_one(&pool).await.unwrap() > 0 {
        assert!(begun.elapsed() < TOO_LONG, "it never goes on");
        tokio::time::sleep(Duration::from_millis(200)).await;
    }
    runner.shutdown().await;
}
