//! Databases for tests.

use std::path::PathBuf;
use std::process::Command;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use sqlx::postgres::{PgConnectOptions, PgPoolOptions};
use sqlx::{ConnectOptions, PgConnection, PgPool};
use store::private_postgres::{DATABASE, PrivatePostgres, PrivatePostgresError};
use tokio::sync::OnceCell;

/// Partitions of every test's database: enough that organizations fall into different ones.
pub const PARTITIONS: u16 = 4;
/// Copied for each test, so that migrations run once.
const TEMPLATE: &str = "template_ledger";

static SHARED: OnceCell<PrivatePostgres> = OnceCell::const_new();
static NUMBER: AtomicU32 = AtomicU32::new(0);

/// A migrated, empty database of the shared server.
pub struct TestDatabase {
    pub pool: PgPool,
    pub url: String,
}

/// Makes a database for one test. The shared server ends with the process, by its watchdog.
pub async fn database() -> TestDatabase {
    let options = migrated_database().await;
    let url = url_of(options.get_database().expect("it was named"));
    let pool = PgPoolOptions::new().max_connections(8).connect_with(options).await.expect("it was made");
    TestDatabase { pool, url }
}

/// A database of the shared server, as programs are told of it.
pub fn url_of(database: &str) -> String {
    SHARED.get().expect("it has been used").url_of(database)
}

/// How to reach a new, migrated database.
pub async fn migrated_database() -> PgConnectOptions {
    make_database(&format!("TEMPLATE {TEMPLATE}")).await
}

/// A database without tables, for tests of the migrations themselves or of other numbers of partitions.
pub async fn empty_database() -> PgConnectOptions {
    make_database("").await
}

async fn make_database(suffix: &str) -> PgConnectOptions {
    let server = SHARED.get_or_init(start_shared).await;
    let name = format!("test_{}", NUMBER.fetch_add(1, Ordering::Relaxed));
    let mut admin = server.connect_options("postgres").connect().await.expect("the server runs");
    create(&mut admin, &format!("CREATE DATABASE {name} {suffix}")).await;
    server.connect_options(&name)
}

async fn start_shared() -> PrivatePostgres {
    let dir = shared_dir();
    if dir.exists() {
        // Of a run before, whose server may be stopping still. Started and stopped, it is surely nobody's.
        match PrivatePostgres::start(&dir).await {
            Err(PrivatePostgresError::InUse { .. }) => panic!("another run of these tests uses {}", dir.display()),
            Ok(of_before) => of_before.stop().await,
            Err(_unusable) => {}
        }
        std::fs::remove_dir_all(&dir).expect("nobody uses it");
    }
    let server = PrivatePostgres::start(&dir).await.expect("PostgreSQL starts: `make setup` installs it");
    let mut admin = server.connect_options("postgres").connect().await.expect("it runs");
    create(&mut admin, &format!("CREATE DATABASE {TEMPLATE}")).await;
    migrate(server.connect_options(TEMPLATE)).await;
    server
}

/// Outside the checkout, which PostgreSQL's user may not be allowed to enter; one for each checkout.
fn shared_dir() -> PathBuf {
    let checkout = env!("CARGO_MANIFEST_DIR").replace(|c: char| !c.is_ascii_alphanumeric(), "-");
    std::env::temp_dir().join(format!("credit-ledger-tests{checkout}"))
}

async fn migrate(options: PgConnectOptions) {
    let pool = PgPoolOptions::new().max_connections(1).connect_with(options).await.expect("it was made");
    store::postgres::migrate(&pool, Some(PARTITIONS)).await.expect("the migrations run");
    pool.close().await;
}

async fn create(admin: &mut PgConnection, sql: &str) {
    sqlx::query(sql).execute(&mut *admin).await.expect("a database is made");
}

/// A server of one test's own, to be killed.
pub struct OwnPostgres {
    folder: tempfile::TempDir,
    server: Option<PrivatePostgres>,
}

pub async fn own_postgres() -> OwnPostgres {
    let folder = tempfile::Builder::new().prefix("clpg-").tempdir_in("/tmp").expect("/tmp is writable");
    let server = PrivatePostgres::start(folder.path()).await.expect("it starts");
    migrate(server.connect_options(DATABASE)).await;
    OwnPostgres { folder, server: Some(server) }
}

impl OwnPostgres {
    fn server(&self) -> &PrivatePostgres {
        self.server.as_ref().expect("it runs between the calls")
    }

    pub fn url(&self) -> String {
        self.server().url()
    }

    pub async fn kill_9_and_restart(&mut self) {
        let pid = self.server().postmaster_pid().expect("it runs");
        let killed = Command::new("kill").args(["-9", &pid.to_string()]).status().expect("kill runs");
        assert!(killed.success());
        self.server = None;
        tokio::time::sleep(Duration::from_millis(100)).await;
        self.server = Some(PrivatePostgres::start(self.folder.path()).await.expect("it recovers"));
    }
}
