//! `credit-ledger stripe`.

use clap::{Args, Subcommand};

use super::Failure;

/// Sets Stripe up for this ledger.
#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  credit-ledger stripe setup --url https://ledger.example.com --dry-run\n  \
    STRIPE_SECRET_KEY_FILE=/run/secrets/stripe credit-ledger stripe setup --url https://ledger.example.com")]
pub struct Stripe {
    #[command(subcommand)]
    command: StripeCommand,
}

#[derive(Debug, Subcommand)]
enum StripeCommand {
    Setup(super::stripe_setup::Setup),
}

impl Stripe {
    pub async fn run(self) -> Result<(), Failure> {
        match self.command {
            StripeCommand::Setup(setup) => setup.run().await,
        }
    }
}
