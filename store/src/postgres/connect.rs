//! Sessions: their settings, and the check of the server that they reach.

use sqlx::ConnectOptions as _;
use sqlx::postgres::{PgConnectOptions, PgConnection, PgPool};

/// No statement of the write side takes longer unless something is wrong; a load reads in pages.
const STATEMENT_TIMEOUT: &str = "30s";
/// A turn that stands idle has lost its process; shorter than [`LOCK_TIMEOUT`], so that those who wait behind it go on.
const IDLE_IN_TRANSACTION_TIMEOUT: &str = "5s";
/// Nobody waits for a head longer than for its dead holder to be ended.
const LOCK_TIMEOUT: &str = "10s";
/// The oldest PostgreSQL that is tested, as `server_version_num`.
const SERVER_VERSION_MIN: i32 = 150_000;

/// The settings of every session of the write side. `synchronous_commit` is what makes an answer durable
/// (CORRECTNESS C4); the isolation level is what `store.append` is written for.
#[must_use]
pub fn session_options(options: PgConnectOptions) -> PgConnectOptions {
    options.application_name("credit-ledger").options([
        ("synchronous_commit", "on"),
        ("default_transaction_isolation", r"read\ committed"),
        ("statement_timeout", STATEMENT_TIMEOUT),
        ("idle_in_transaction_session_timeout", IDLE_IN_TRANSACTION_TIMEOUT),
        ("lock_timeout", LOCK_TIMEOUT),
    ])
}

/// A connection to the primary. While a failover moves a name, it may still lead to the old node, as a standby: what that
/// answers is out of date, and it appends nothing. A primary becomes a standby only by a restart, which ends its sessions,
/// so one look at each connection is enough.
///
/// # Errors
/// It does not answer, or is a standby.
pub async fn connect_primary(options: &PgConnectOptions) -> Result<PgConnection, sqlx::Error> {
    let mut connection = options.connect().await?;
    refuse_standby(&mut connection).await?;
    Ok(connection)
}

pub(super) async fn refuse_standby(connection: &mut PgConnection) -> Result<(), sqlx::Error> {
    let is_standby: bool = sqlx::query_scalar("SELECT pg_is_in_recovery()").fetch_one(connection).await?;
    if is_standby {
        return Err(sqlx::Error::Io(std::io::Error::other(
            "this server is a standby; the ledger writes to the primary",
        )));
    }
    Ok(())
}

/// Why the server may not be used.
#[derive(Debug, thiserror::Error)]
pub enum StartupError {
    #[error("the server runs with {0} = off: a crash would lose acknowledged commands")]
    Unsafe(&'static str),
    /// A pooler in between may ignore what sessions ask for when they begin.
    #[error(
        "sessions have {name} = {value} although they ask for another: is there a pooler that ignores startup options?"
    )]
    Overruled { name: &'static str, value: String },
    #[error("the server is PostgreSQL {0}; 15 or later is needed")]
    TooOld(String),
    #[error("the server cannot be asked for its settings")]
    Unavailable(#[from] sqlx::Error),
}

/// Whether a server that can lose committed data may be used; said by name, never by default.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum UnsafeServer {
    Refused,
    Allowed,
}

/// Checks that what this server commits outlives a crash, and that its sessions are what [`session_options`] asks for.
///
/// # Errors
/// [`StartupError`], the reason why it may not be used.
pub async fn check_server(pool: &PgPool, unsafe_server: UnsafeServer) -> Result<(), StartupError> {
    let (fsync, full_page_writes, number, version, commit, isolation): (String, String, i32, String, String, String) =
        sqlx::query_as(
            "SELECT current_setting('fsync'), current_setting('full_page_writes'),
                    current_setting('server_version_num')::int, current_setting('server_version'),
                    current_setting('synchronous_commit'), current_setting('transaction_isolation')",
        )
        .fetch_one(pool)
        .await?;
    if number < SERVER_VERSION_MIN {
        return Err(StartupError::TooOld(version));
    }
    for (name, value, asked) in
        [("synchronous_commit", commit, "on"), ("transaction_isolation", isolation, "read committed")]
    {
        if value != asked {
            return Err(StartupError::Overruled { name, value });
        }
    }
    for (name, value) in [("fsync", fsync), ("full_page_writes", full_page_writes)] {
        if value == "off" && unsafe_server == UnsafeServer::Refused {
            return Err(StartupError::Unsafe(name));
        }
    }
    Ok(())
}
