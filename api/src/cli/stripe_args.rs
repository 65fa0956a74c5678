//! The settings of payments.

use std::path::PathBuf;
use std::sync::Arc;

use clap::Args;
use payments::stripe::{Patience, StripeGateway, StripeSettings, WebhookSecrets};

use super::Failure;
use super::secret::secret;
use crate::paying::Account;

/// Which account of Stripe's.
#[derive(Debug, Args)]
pub struct StripeArgs {
    /// The secret key of the Stripe account; without one, payments are off.
    #[arg(long, env = "STRIPE_SECRET_KEY", hide_env_values = true, value_name = "KEY")]
    stripe_secret_key: Option<String>,
    /// A file that holds STRIPE_SECRET_KEY.
    #[arg(long, env = "STRIPE_SECRET_KEY_FILE", value_name = "FILE")]
    stripe_secret_key_file: Option<PathBuf>,
    /// Where Stripe is asked, for a simulation; default Stripe itself. A live key goes nowhere else.
    #[arg(long, env = "STRIPE_API_BASE", value_name = "URL")]
    stripe_api_base: Option<String>,
}

impl StripeArgs {
    /// `None`: there is no key.
    ///
    /// # Errors
    /// A setting is not what it has to be.
    pub fn settings(&self) -> Result<Option<StripeSettings>, Failure> {
        let key = secret("STRIPE_SECRET_KEY", self.stripe_secret_key.clone(), self.stripe_secret_key_file.as_deref())?;
        let Some(key) = key.filter(|key| !key.is_empty()) else { return Ok(None) };
        let base = self.stripe_api_base.as_deref().filter(|base| !base.is_empty());
        StripeSettings::try_new(&key, base).map(Some).map_err(|error| Failure::usage(error.to_string()))
    }
}

/// Who may tell a server what happened at Stripe.
#[derive(Debug, Args)]
pub struct WebhookArgs {
    /// The signing secrets of the webhook endpoint (`whsec_...`), separated by commas; several while one is replaced.
    #[arg(long, env = "STRIPE_WEBHOOK_SECRETS", hide_env_values = true, value_name = "SECRETS")]
    stripe_webhook_secrets: Option<String>,
    /// A file that holds STRIPE_WEBHOOK_SECRETS.
    #[arg(long, env = "STRIPE_WEBHOOK_SECRETS_FILE", value_name = "FILE")]
    stripe_webhook_secrets_file: Option<PathBuf>,
    /// A page of yours, such as https://app.example.com/billing: customers come back to it after they have paid for a
    /// recharge that their bank wanted to see them for. Without it, those notifications carry no link to pay by.
    #[arg(long, env = "CREDIT_LEDGER_BILLING_URL", value_name = "URL", value_parser = web_page)]
    billing_url: Option<String>,
}

/// Stripe takes addresses up to this length, and ours stand in the log.
const PAGE_BYTES_MAX: usize = 2_000;

fn web_page(text: &str) -> Result<String, String> {
    let is_page = ["https://", "http://"].iter().any(|scheme| text.len() > scheme.len() && text.starts_with(scheme));
    let is_plain = text.len() <= PAGE_BYTES_MAX && text.bytes().all(|byte| byte.is_ascii_graphic());
    if is_page && is_plain {
        Ok(text.to_owned())
    } else {
        Err("is not an address such as https://app.example.com/billing".to_owned())
    }
}

impl WebhookArgs {
    /// The account that a server works with; with a key, webhooks need their secrets, too.
    ///
    /// # Errors
    /// A setting is not what it has to be.
    pub fn account(&self, stripe: &StripeArgs) -> Result<Option<Account>, Failure> {
        let Some(settings) = stripe.settings()? else { return Ok(None) };
        let file = self.stripe_webhook_secrets_file.as_deref();
        let secrets = secret("STRIPE_WEBHOOK_SECRETS", self.stripe_webhook_secrets.clone(), file)?;
        let webhook_secrets = WebhookSecrets::try_new(secrets.as_deref().unwrap_or_default())
            .map_err(|error| Failure::usage(error.to_string()))?;
        let live = settings.is_live();
        let gateway = Arc::new(StripeGateway::new(settings, Patience::default()));
        Ok(Some(Account { gateway, webhook_secrets, live, return_url: self.billing_url.clone() }))
    }
}
