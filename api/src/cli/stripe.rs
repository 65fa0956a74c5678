//! `credit-ledger stripe`.

use clap::{Args, Subcommand};

use super::{DatabaseArgs, Failure};

/// Sets Stripe up for this ledger, compares the two, and shows what Stripe told.
#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  credit-ledger stripe setup --url https://ledger.example.com --dry-run\n  \
    STRIPE_SECRET_KEY_FILE=/run/secrets/stripe credit-ledger stripe reconcile --since 7d\n  \
    credit-ledger stripe inbox list")]
pub struct Stripe {
    #[command(subcommand)]
    command: StripeCommand,
    #[command(flatten)]
    database: DatabaseArgs,
}

#[derive(Debug, Subcommand)]
enum StripeCommand {
    Setup(super::stripe_setup::Setup),
    Reconcile(super::stripe_reconcile::Reconcile),
    Inbox(super::stripe_inbox::Inbox),
}

impl Stripe {
    pub async fn run(self) -> Result<(), Failure> {
        match self.command {
            StripeCommand::Setup(setup) => setup.run(&self.database).await,
            StripeCommand::Reconcile(reconcile) => reconcile.run(&self.database).await,
            StripeCommand::Inbox(inbox) => inbox.run(&self.database).await,
        }
    }
}
