//! The engine's conformance suite on PostgreSQL; `store` runs the same cases on its log in memory.

use std::sync::Arc;

use store::log::Log;
use store::postgres::PostgresLog;

use crate::support;

async fn log() -> Arc<dyn Log> {
    let options = support::migrated_database().await;
    Arc::new(PostgresLog::connect(options, 4).await.expect("it was made"))
}

store::engine_suite!(log);
