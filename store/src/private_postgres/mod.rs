//! A private PostgreSQL: the server's own database where none is given.
//!
//! Invariant: reached by a Unix socket in a folder that only its user may enter, never by TCP; fsync stays on.
//! Invariant: it stops when its owner ends, by whatever cause: a watchdog waits on a pipe that the owner holds.
//! Absent: backups, replication, upgrades between major versions.

mod account;
mod cluster;
mod error;
mod find;
mod lock;
mod server;

use std::path::{Path, PathBuf};
use std::time::Duration;

use sqlx::postgres::PgConnectOptions;

pub use error::PrivatePostgresError;

use account::Account;
use server::Server;

/// The database that the ledger uses.
pub const DATABASE: &str = "credit_ledger";
/// The server's only user.
const USER: &str = "postgres";
/// Names the socket file; there is no port to listen on.
const PORT: u16 = 5432;

/// How often and how long to try to attach: making a cluster takes a second or two, on a busy machine several.
const OPEN_PAUSE: Duration = Duration::from_millis(50);
const OPEN_TRIES: u32 = 200;

/// A running private server.
#[derive(Debug)]
pub struct PrivatePostgres {
    socket_dir: PathBuf,
    data_dir: PathBuf,
    /// `None` when it belongs to another process.
    server: Option<Server>,
}

impl PrivatePostgres {
    /// Starts the server of a data directory, which is made when it does not exist; adopts one that still runs there
    /// without an owner.
    ///
    /// # Errors
    /// [`PrivatePostgresError`], each with what to do next.
    pub async fn start(data_dir: &Path) -> Result<Self, PrivatePostgresError> {
        let account = Account::of_server()?;
        let data_dir = account.prepare(data_dir)?;
        let lock = lock::take(&data_dir).await?;
        Self::start_locked(data_dir, &account, lock).await
    }

    /// Attaches to the server that another process runs on the data directory.
    ///
    /// # Errors
    /// [`PrivatePostgresError::NotRunning`] when there is none.
    pub async fn connect_running(data_dir: &Path) -> Result<Self, PrivatePostgresError> {
        let not_running = || PrivatePostgresError::NotRunning { data_dir: data_dir.to_owned() };
        let data_dir = data_dir.canonicalize().map_err(|_| not_running())?;
        let socket_dir = cluster::socket_dir(&data_dir);
        let attached = Self { socket_dir, data_dir, server: None };
        if attached.accepts().await { Ok(attached) } else { Err(not_running()) }
    }

    /// Attaches to a running server, or starts one. An owner that is just starting or ending is waited for.
    ///
    /// # Errors
    /// As [`Self::start`].
    pub async fn open(data_dir: &Path) -> Result<Self, PrivatePostgresError> {
        let account = Account::of_server()?;
        let prepared = account.prepare(data_dir)?;
        for _ in 0..OPEN_TRIES {
            if let Some(lock) = lock::try_take(&prepared)? {
                return Self::start_locked(prepared, &account, lock).await;
            }
            if let Ok(attached) = Self::connect_running(&prepared).await {
                return Ok(attached);
            }
            tokio::time::sleep(OPEN_PAUSE).await;
        }
        Err(PrivatePostgresError::InUse { data_dir: prepared })
    }

    /// Whether there may be a ledger in a folder: `false` only where there is surely none.
    #[must_use]
    pub fn may_exist(data_dir: &Path) -> bool {
        cluster::may_exist(data_dir)
    }

    async fn start_locked(
        data_dir: PathBuf,
        account: &Account,
        lock: std::fs::File,
    ) -> Result<Self, PrivatePostgresError> {
        let socket_dir = cluster::socket_dir(&data_dir);
        account.make_socket_dir(&socket_dir)?;
        let binaries = find::binaries(cluster::version(&data_dir))?;
        cluster::init(&data_dir, &binaries, account).await?;
        let mut private = Self { socket_dir, data_dir, server: None };
        private.server = Some(server::run(&private, &binaries, account, lock).await?);
        private.create_database().await?;
        Ok(private)
    }

    async fn create_database(&self) -> Result<(), PrivatePostgresError> {
        use sqlx::ConnectOptions;
        let mut connection = self.connect_options("postgres").connect().await?;
        let exists: bool = sqlx::query_scalar("SELECT EXISTS (SELECT FROM pg_database WHERE datname = $1)")
            .bind(DATABASE)
            .fetch_one(&mut connection)
            .await?;
        if !exists {
            // A name of our own; CREATE DATABASE takes no parameters.
            sqlx::query(&format!("CREATE DATABASE {DATABASE}")).execute(&mut connection).await?;
        }
        Ok(())
    }

    /// Whether the server takes connections.
    pub(crate) async fn accepts(&self) -> bool {
        use sqlx::ConnectOptions;
        self.connect_options("postgres").connect().await.is_ok()
    }

    #[must_use]
    pub fn connect_options(&self, database: &str) -> PgConnectOptions {
        PgConnectOptions::new_without_pgpass().socket(&self.socket_dir).port(PORT).username(USER).database(database)
    }

    /// For programs that take a URL, such as `psql`.
    #[must_use]
    pub fn url(&self) -> String {
        self.url_of(DATABASE)
    }

    /// The URL of another database of the same server.
    #[must_use]
    pub fn url_of(&self, database: &str) -> String {
        format!("postgres://{USER}@localhost:{PORT}/{database}?host={}", self.socket_dir.display())
    }

    #[must_use]
    pub fn socket_dir(&self) -> &Path {
        &self.socket_dir
    }

    #[must_use]
    pub fn data_dir(&self) -> &Path {
        &self.data_dir
    }

    /// The process id of the postmaster, from its own file.
    #[must_use]
    pub fn postmaster_pid(&self) -> Option<u32> {
        cluster::postmaster_pid(&self.data_dir)
    }

    /// Stops the server, if it is ours, and waits until it has.
    pub async fn stop(self) {
        if let Some(server) = self.server {
            server.stop().await;
        }
    }
}
