//! Why there is no private server, and what to do next.

use std::path::PathBuf;

#[derive(Debug, thiserror::Error)]
pub enum PrivatePostgresError {
    #[error(
        "PostgreSQL is not installed. Install it (Debian, Ubuntu: `apt-get install postgresql`; Fedora: `dnf install \
         postgresql-server`; macOS: `brew install postgresql@15`), set PG_BIN_DIR to the folder of its binaries, or set \
         DATABASE_URL to use a server that runs elsewhere"
    )]
    NotInstalled,
    #[error("PG_BIN_DIR is {dir}, where the programs `initdb` and `postgres` are not")]
    NotInBinDir { dir: PathBuf },
    #[error(
        "{data_dir} was made by PostgreSQL {wanted}, and only {found} is installed. Install PostgreSQL {wanted}, or set \
         PG_BIN_DIR to its binaries"
    )]
    OtherMajor { data_dir: String, wanted: u32, found: String },
    #[error("PostgreSQL {found} is too old; install 15 or later, or set PG_BIN_DIR")]
    TooOld { found: u32 },
    #[error("another process uses the data directory {data_dir}; stop it, or give another --data-dir")]
    InUse { data_dir: PathBuf },
    #[error("no server runs on the data directory {data_dir}")]
    NotRunning { data_dir: PathBuf },
    #[error(
        "the user `{user}`, as whom PostgreSQL runs because it refuses to run as root, cannot enter {path}. Give a \
         --data-dir below a folder that it can enter, such as /var/lib/credit-ledger"
    )]
    NotEnterable { user: String, path: PathBuf },
    #[error("{path} holds something else than a ledger's data; give an empty or a new folder as --data-dir")]
    NotADataDir { path: PathBuf },
    #[error("{path} is a link or belongs to another user; the server's socket must be in a folder of ours. Remove it")]
    NotOurs { path: PathBuf },
    #[error("there is no user `postgres` or `nobody` to run PostgreSQL as; run as another user than root")]
    NoAccount,
    #[error("{path}: {source}")]
    Io { path: PathBuf, source: std::io::Error },
    #[error("`{program}` failed: {output}")]
    Program { program: String, output: String },
    #[error("PostgreSQL did not start; the end of {log}:\n{tail}")]
    NotStarted { log: PathBuf, tail: String },
    #[error("the private PostgreSQL refused")]
    Sql(#[from] sqlx::Error),
}

impl PrivatePostgresError {
    pub(super) fn io(path: impl Into<PathBuf>) -> impl FnOnce(std::io::Error) -> Self {
        let path = path.into();
        move |source| Self::Io { path, source }
    }
}
