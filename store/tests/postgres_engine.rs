//! The engine's suite on a real PostgreSQL: `TEST_DATABASE_URL` names a server on which databases may be made.
#![cfg(feature = "testing")]

use std::str::FromStr;
use std::sync::Arc;

use sqlx::postgres::{PgConnectOptions, PgPool};
use store::log::Log;
use store::postgres::{self, PostgresLog};
use uuid::Uuid;

/// Connections of one case: its nodes share them.
const CONNECTIONS: u32 = 8;

async fn log() -> Arc<dyn Log> {
    let url = std::env::var("TEST_DATABASE_URL").expect("TEST_DATABASE_URL names a PostgreSQL server");
    let server = PgConnectOptions::from_str(&url).expect("a database URL");
    let name = format!("t_{}", Uuid::now_v7().simple());
    let pool = PgPool::connect_with(server.clone()).await.expect("the server answers");
    sqlx::query(&format!("CREATE DATABASE {name}")).execute(&pool).await.expect("a database can be made");
    let options = server.database(&name);
    let admin = PgPool::connect_with(options.clone()).await.expect("the database answers");
    postgres::migrate(&admin, Some(4)).await.expect("a fresh database migrates");
    Arc::new(PostgresLog::connect(options, CONNECTIONS).await.expect("the log connects"))
}

store::engine_suite!(log);
