//! Which database a command works on.

use std::path::PathBuf;
use std::str::FromStr;
use std::sync::Arc;

use clap::Args;
use sqlx::postgres::{PgConnectOptions, PgPool};
use sqlx::{ConnectOptions, Connection};
use store::postgres::{
    self, MigrateError, PostgresLog, READERS_DEFAULT, StartupError, UnsafeServer, pool_options, replica_pool_options,
    session_options,
};
use store::private_postgres::{DATABASE, PrivatePostgres};

use super::Failure;
use super::secret::secret;
use crate::auth::Keys;
use crate::clock::SystemClock;

/// Connections of a command beside those of its log: for migrating, keys and checks.
const CONNECTIONS: u32 = 4;

/// Where the ledger's data is: an existing PostgreSQL, or a private one in a data directory.
#[derive(Clone, Debug, Args)]
pub struct DatabaseArgs {
    /// An existing PostgreSQL, 15 or later. Without it a private one runs in the data directory.
    #[arg(long, global = true, env = "DATABASE_URL", hide_env_values = true, value_name = "URL")]
    pub database_url: Option<String>,
    /// A file that holds DATABASE_URL.
    #[arg(long, global = true, env = "DATABASE_URL_FILE", value_name = "FILE")]
    pub database_url_file: Option<PathBuf>,
    /// Where the private PostgreSQL keeps its data.
    #[arg(long, global = true, env = "CREDIT_LEDGER_DATA_DIR", default_value = ".credit-ledger", value_name = "DIR")]
    pub data_dir: PathBuf,
}

/// Whether a command makes the ledger that it works on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Purpose {
    /// Runs the private server by itself: one `serve` a data directory.
    Serve,
    /// Makes the data directory if there is none.
    Migrate,
    /// Works on what is there, beside a server that may run on it.
    Use,
}

/// A database that answers.
pub struct Database {
    options: PgConnectOptions,
    pool: PgPool,
    private: Option<PrivatePostgres>,
}

impl DatabaseArgs {
    /// # Errors
    /// The setting that is wrong, or what does not answer.
    pub async fn open(&self, purpose: Purpose) -> Result<Database, Failure> {
        let url = secret("DATABASE_URL", self.database_url.clone(), self.database_url_file.as_deref())?;
        let Some(url) = url.filter(|url| !url.is_empty()) else { return self.open_private(purpose).await };
        let options = database_options("DATABASE_URL", &url)?;
        let unreachable = |error| Failure::caused("DATABASE_URL: the database does not answer", &error);
        // A pool would retry, and then tell only that it did.
        let connected = match purpose {
            Purpose::Serve | Purpose::Migrate => postgres::connect_primary(&options).await,
            Purpose::Use => options.connect().await,
        };
        connected.map_err(unreachable)?.close().await.map_err(unreachable)?;
        Ok(Database::of(options, None, purpose))
    }

    async fn open_private(&self, purpose: Purpose) -> Result<Database, Failure> {
        let private = match purpose {
            Purpose::Serve => PrivatePostgres::start(&self.data_dir).await,
            Purpose::Use if !PrivatePostgres::may_exist(&self.data_dir) => {
                let path = self.data_dir.display();
                let detail = format!("--data-dir {path}: there is no ledger; `credit-ledger serve` makes one");
                return Err(Failure::usage(detail));
            }
            Purpose::Migrate | Purpose::Use => PrivatePostgres::open(&self.data_dir).await,
        };
        let private = private.map_err(|error| Failure::caused("the private PostgreSQL cannot be used", &error))?;
        Ok(Database::of(private.connect_options(DATABASE), Some(private), purpose))
    }
}

/// What the setting of this name says.
///
/// # Errors
/// It is not a URL of a database. The error does not repeat it, because it may hold a password.
pub(super) fn database_options(name: &str, url: &str) -> Result<PgConnectOptions, Failure> {
    let form = || Failure::usage(format!("{name} is not of the form postgres://user:password@host:port/database"));
    PgConnectOptions::from_str(url).map_err(|_| form())
}

impl Database {
    fn of(options: PgConnectOptions, private: Option<PrivatePostgres>, purpose: Purpose) -> Self {
        // What looks at a ledger, as `verify` does, may look at a replica of it.
        let pool = if purpose == Purpose::Use { replica_pool_options() } else { pool_options() };
        let pool = pool.max_connections(CONNECTIONS);
        Self { pool: pool.connect_lazy_with(session_options(options.clone())), options, private }
    }

    #[must_use]
    pub fn pool(&self) -> &PgPool {
        &self.pool
    }

    /// How to reach the database, for a client of another kind.
    #[must_use]
    pub fn options(&self) -> &PgConnectOptions {
        &self.options
    }

    /// Brings the database to this version's shape; answers the number of partitions.
    ///
    /// # Errors
    /// The setting that is wrong, or what does not answer.
    pub async fn migrate(&self, partitions: Option<u16>) -> Result<u16, Failure> {
        postgres::migrate(&self.pool, partitions).await.map_err(|error| match error {
            MigrateError::PartitionsOutOfRange | MigrateError::PartitionsFixed { .. } => {
                Failure::usage(format!("--partitions: {error}"))
            }
            MigrateError::Failed(_) | MigrateError::Unavailable(_) => {
                Failure::caused("the database cannot be migrated", &error)
            }
        })
    }

    /// Refuses a server that may lose what it acknowledged (CORRECTNESS C4).
    ///
    /// # Errors
    /// Which setting of the server is in the way.
    pub async fn check(&self, unsafe_server: UnsafeServer) -> Result<(), Failure> {
        postgres::check_server(&self.pool, unsafe_server).await.map_err(|error| match error {
            StartupError::Unsafe(_) => {
                Failure::finding(format!("{error}; --allow-unsafe-durability serves all the same"))
            }
            StartupError::TooOld(_) | StartupError::Overruled { .. } => Failure::finding(error),
            StartupError::Unavailable(_) => Failure::caused("the database does not answer", &error),
        })
    }

    /// # Errors
    /// The database cannot be reached, or is not migrated.
    pub async fn log(&self) -> Result<Arc<PostgresLog>, Failure> {
        let log = PostgresLog::connect(self.options.clone(), READERS_DEFAULT).await;
        let what = "the log cannot be read (a fresh database needs `credit-ledger migrate`)";
        log.map(Arc::new).map_err(|error| Failure::caused(what, &error))
    }

    #[must_use]
    pub fn keys(&self) -> Keys {
        Keys::new(self.pool.clone(), Arc::new(SystemClock::new()))
    }

    /// Lets go of the database; a private one that this process started is stopped.
    pub async fn close(self) {
        self.pool.close().await;
        if let Some(private) = self.private {
            private.stop().await;
        }
    }
}
