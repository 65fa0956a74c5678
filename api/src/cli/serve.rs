//! `credit-ledger serve`.

use std::io::Write;
use std::path::PathBuf;
use std::sync::Arc;

use clap::Args;
use projections::projectors;
use projections::queries::Reader;
use sqlx::PgPool;
use store::Clock;
use store::keys::Secret;
use store::log::Log;
use store::postgres::UnsafeServer;

use super::database::database_options;
use super::notification_args::{ExpiringArgs, NotificationArgs};
use super::process::{Ends, start_logging};
use super::secret::secret;
use super::stripe_args::{StripeArgs, WebhookArgs};
use super::{Database, DatabaseArgs, Failure, Purpose, demo, demo_shop};
use crate::auth::{AdminKey, Keys, NewKey, Scope};
use crate::catalogue::Catalogue;
use crate::clock::SystemClock;
use crate::origins::Origins;
use crate::server::{self, Handle, ServeError};

/// Runs the server. The first line on stdout says where it listens; logs go to stderr.
///
/// Without DATABASE_URL it runs a private PostgreSQL of its own in the data directory. On a fresh ledger without any
/// key it makes an admin key and prints it once.
#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  credit-ledger serve\n  credit-ledger serve --demo\n  \
    credit-ledger serve --listen 0.0.0.0:8080 --data-dir /var/lib/credit-ledger\n  \
    DATABASE_URL=postgres://ledger@db/ledger CREDIT_LEDGER_ADMIN_KEY_FILE=/run/secrets/key credit-ledger serve")]
pub struct Serve {
    /// Host and port to listen on; port 0 picks a free one.
    #[arg(long, env = "CREDIT_LEDGER_LISTEN", default_value = "127.0.0.1:8080")]
    listen: String,
    /// A bootstrap admin key, 32 characters or more.
    #[arg(long, env = "CREDIT_LEDGER_ADMIN_KEY", hide_env_values = true)]
    admin_key: Option<String>,
    /// A file that holds the bootstrap admin key.
    #[arg(long, env = "CREDIT_LEDGER_ADMIN_KEY_FILE", value_name = "FILE")]
    admin_key_file: Option<PathBuf>,
    /// Do not migrate the database before serving.
    #[arg(long, env = "CREDIT_LEDGER_NO_MIGRATE")]
    no_migrate: bool,
    /// How many partitions a database gets that has none yet; fixed from then on (default 4).
    #[arg(long, env = "CREDIT_LEDGER_PARTITIONS", value_parser = clap::value_parser!(u16).range(1..=1024))]
    partitions: Option<u16>,
    /// Serve even when PostgreSQL may lose what it acknowledged (fsync or full_page_writes off).
    #[arg(long, env = "CREDIT_LEDGER_ALLOW_UNSAFE_DURABILITY")]
    allow_unsafe_durability: bool,
    /// A replica of the database, for reads; default the database itself. A read that is given `min_sequence` waits until
    /// the replica has it.
    #[arg(long, env = "READ_DATABASE_URL", hide_env_values = true, value_name = "URL")]
    read_database_url: Option<String>,
    /// A file that holds READ_DATABASE_URL.
    #[arg(long, env = "READ_DATABASE_URL_FILE", value_name = "FILE")]
    read_database_url_file: Option<PathBuf>,
    /// Do not project: another node does (`credit-ledger project`, or a server without this flag).
    #[arg(long, env = "CREDIT_LEDGER_NO_PROJECTORS")]
    no_projectors: bool,
    /// Origins of web pages that may use this server with tokens of theirs (CORS), show `/billing` in a frame, and be
    /// returned to from a checkout: such as `https://app.example.com`, separated by commas.
    #[arg(long, env = "CREDIT_LEDGER_ALLOWED_ORIGINS", value_name = "ORIGINS", default_value = "")]
    allowed_origins: String,
    #[command(flatten)]
    stripe: StripeArgs,
    #[command(flatten)]
    webhooks: WebhookArgs,
    /// What is logged, such as `info` or `warn,api=debug`.
    #[arg(long, env = "CREDIT_LEDGER_LOG", default_value = "info", value_name = "FILTER")]
    log: String,
    /// Log as JSON, one object a line, and print the lines on stdout as JSON, too.
    #[arg(long, env = "CREDIT_LEDGER_JSON")]
    json: bool,
    /// Make a few organizations to look at, and print three requests to try.
    #[arg(long)]
    demo: bool,
    #[command(flatten)]
    notifications: NotificationArgs,
    #[command(flatten)]
    expiring: ExpiringArgs,
    #[command(flatten)]
    database: DatabaseArgs,
}

impl Serve {
    pub async fn run(self) -> Result<(), Failure> {
        start_logging(&self.log, self.json)?;
        let admin_key = self.admin_key()?;
        let origins = Origins::try_new(self.allowed_origins.split(','));
        let origins = origins.map_err(|error| Failure::usage(format!("CREDIT_LEDGER_ALLOWED_ORIGINS: {error}")))?;
        let account = self.webhooks.account(&self.stripe)?;
        let database = self.database.open(Purpose::Serve).await?;
        let unsafe_server = if self.allow_unsafe_durability { UnsafeServer::Allowed } else { UnsafeServer::Refused };
        database.check(unsafe_server).await?;
        if !self.no_migrate {
            database.migrate(self.partitions).await?;
        }
        let log: Arc<dyn Log> = database.log().await?;
        let (reads, replica) = self.reads(&database, log.partitions())?;
        let keys = database.keys();
        let callers = keys.clone();
        let first_key = if self.demo {
            Some(demo::key(&keys).await?)
        } else if admin_key.is_some() {
            None
        } else {
            first_key(&keys).await?
        };
        let listen = self.listen.clone();
        let clock: Arc<dyn Clock> = Arc::new(SystemClock::new());
        let projections = projections::Settings {
            options: database.options().clone(),
            projectors: projectors::all(),
            clock: Arc::clone(&clock),
            tails: None,
            replica,
            projects: !self.no_projectors,
            limits: projections::Limits::default(),
        };
        let notifications = self.notifications(&database, &clock)?;
        let catalogue = Catalogue::new(database.pool().clone(), Arc::clone(&clock));
        let shop = (self.stripe.settings()?, origins.clone());
        let settings = server::Serve {
            listen,
            log,
            reads,
            projections,
            notifications,
            keys,
            catalogue,
            clock,
            admin_key,
            origins,
            account,
        };
        let mut ends = Ends::listen()?;
        let server = server::serve(settings).await;
        let server = server.map_err(|error| match error {
            ServeError::Listen(error) => Failure::usage(format!("--listen {}: {error}", self.listen)),
            ServeError::Projections(_) | ServeError::Notifications(_) => {
                Failure::caused("the server cannot start", &error)
            }
        })?;
        self.announce(&server, first_key.as_ref());
        if let Some(key) = first_key.filter(|_| self.demo) {
            let url = format!("http://{}", server.addr);
            demo::greet(&url, key.reveal()).await;
            if let (Some(account), origins) = shop {
                demo_shop::open(account, database.pool(), &origins, &url, key.reveal()).await;
            }
        }
        ends.wait().await;
        tracing::info!("shutting down");
        server.shutdown().await;
        callers.close().await;
        database.close().await;
        Ok(())
    }

    /// Connects when it is first used: a replica that is away keeps no command from being taken. Answers the replica, too,
    /// where there is one.
    fn reads(&self, database: &Database, partitions: u16) -> Result<(Reader, Option<PgPool>), Failure> {
        let file = self.read_database_url_file.as_deref();
        let url = secret("READ_DATABASE_URL", self.read_database_url.clone(), file)?.filter(|url| !url.is_empty());
        let replica = url.map(|url| database_options("READ_DATABASE_URL", &url)).transpose()?;
        let is_replica = replica.is_some();
        let reads = Reader::new(replica.unwrap_or_else(|| database.options().clone()), partitions);
        let replica = is_replica.then(|| reads.pool().clone());
        Ok((reads, replica))
    }

    fn notifications(&self, database: &Database, clock: &Arc<dyn Clock>) -> Result<notifications::Settings, Failure> {
        Ok(notifications::Settings {
            options: database.options().clone(),
            clock: Arc::clone(clock),
            sealer: self.notifications.sealer()?,
            addresses: self.notifications.addresses(),
            expiring: self.expiring.ahead(),
        })
    }

    fn admin_key(&self) -> Result<Option<AdminKey>, Failure> {
        let key = secret("CREDIT_LEDGER_ADMIN_KEY", self.admin_key.clone(), self.admin_key_file.as_deref())?;
        let key = key.map(|key| AdminKey::try_new(&key)).transpose();
        key.map_err(|error| Failure::usage(format!("CREDIT_LEDGER_ADMIN_KEY {error}")))
    }

    /// Who started the server may have closed stdout; the server runs all the same.
    fn announce(&self, server: &Handle, first_key: Option<&Secret>) {
        let mut out = std::io::stdout().lock();
        let addr = server.addr;
        let key = first_key.map(Secret::reveal);
        let written = if self.json {
            let line = serde_json::json!({"listening_on": format!("http://{addr}"), "admin_key": key});
            writeln!(out, "{line}")
        } else {
            let first = writeln!(out, "listening on http://{addr}");
            key.map_or(first, |key| writeln!(out, "admin key (shown only this once): {key}"))
        };
        if let Err(error) = written.and_then(|()| out.flush()) {
            tracing::debug!(%error, "stdout is closed");
        }
    }
}

/// The admin key of a ledger that has no key at all.
async fn first_key(keys: &Keys) -> Result<Option<Secret>, Failure> {
    let unreadable = |error| Failure::caused("the keys cannot be read", &error);
    if !keys.list().await.map_err(unreadable)?.is_empty() {
        return Ok(None);
    }
    let first = NewKey { scope: Scope::Admin, organization: None, name: "first".to_owned() };
    let (_, secret) = keys.create(first).await.map_err(unreadable)?;
    Ok(Some(secret))
}
