//! How notifications are sent: settings that the server and `credit-ledger notifications` share.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use clap::Args;
use notifications::Sealer;
use notifications::address::Addresses;
use notifications::limits::{EXPIRING_DAYS_DEFAULT, EXPIRING_DAYS_MAX};

use super::Failure;
use super::secret::secret;

const DAY: Duration = Duration::from_secs(24 * 60 * 60);

#[derive(Clone, Debug, Args)]
pub struct NotificationArgs {
    /// Send notifications to private addresses and without TLS, too: for development, or receivers in the same network.
    #[arg(long, global = true, env = "CREDIT_LEDGER_ALLOW_PRIVATE_NOTIFICATIONS")]
    allow_private_notifications: bool,
    /// Seals the secrets of endpoints in the database: 32 characters or more; several are separated by commas, the first
    /// one seals and all open. Without it they are kept as they are, readable by the ledger's role only.
    #[arg(long, global = true, env = "CREDIT_LEDGER_NOTIFICATION_KEY", hide_env_values = true, value_name = "KEY")]
    notification_key: Option<String>,
    /// A file that holds the key.
    #[arg(long, global = true, env = "CREDIT_LEDGER_NOTIFICATION_KEY_FILE", value_name = "FILE")]
    notification_key_file: Option<PathBuf>,
}

impl NotificationArgs {
    pub fn addresses(&self) -> Addresses {
        if self.allow_private_notifications { Addresses::PrivateToo } else { Addresses::PublicOnly }
    }

    pub fn sealer(&self) -> Result<Arc<Sealer>, Failure> {
        const NAME: &str = "CREDIT_LEDGER_NOTIFICATION_KEY";
        let keys = secret(NAME, self.notification_key.clone(), self.notification_key_file.as_deref())?;
        let keys = keys.as_deref().unwrap_or_default();
        let sealer = Sealer::try_new(keys.split(',').map(str::trim).filter(|key| !key.is_empty()));
        sealer.map(Arc::new).map_err(|error| Failure::usage(format!("{NAME}: {error}")))
    }
}

/// What only a server needs.
#[derive(Clone, Debug, Args)]
pub struct ExpiringArgs {
    /// How many days before its end a grant is told of (`credits.grant.expiring`).
    #[arg(long, env = "CREDIT_LEDGER_GRANT_EXPIRING_DAYS", default_value_t = EXPIRING_DAYS_DEFAULT,
        value_parser = clap::value_parser!(u32).range(1..=i64::from(EXPIRING_DAYS_MAX)), value_name = "DAYS")]
    grant_expiring_days: u32,
}

impl ExpiringArgs {
    pub fn ahead(&self) -> Duration {
        DAY * self.grant_expiring_days
    }
}
