//! The commands of `credit-ledger`. Each reads its settings from flags and the environment, and works on `DATABASE_URL`
//! or on a data directory, whether or not a server is running on it.
//!
//! Invariant: exit 0 ok, 1 a finding or a refusal, 2 wrong usage, 3 unavailable; errors go to stderr and name the
//! setting that would help.

mod actor;
mod database;
mod demo;
mod demo_shop;
mod events;
mod explain;
mod failure;
mod history;
mod import;
mod init;
mod keys;
mod migrate;
mod notification_args;
mod notifications;
mod openapi;
mod output;
mod packages;
mod price_book;
mod process;
mod project;
mod psql;
mod rebuild;
mod report;
mod secret;
mod serve;
mod status;
mod stripe;
mod stripe_args;
mod stripe_inbox;
mod stripe_reconcile;
mod stripe_setup;
mod verify;

use std::process::ExitCode;

use clap::{Parser, Subcommand};

pub use database::{Database, DatabaseArgs, Purpose};
pub use failure::Failure;

/// A self-hosted ledger for prepaid credits.
#[derive(Debug, Parser)]
#[command(name = "credit-ledger", version, propagate_version = true, arg_required_else_help = true)]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    Serve(serve::Serve),
    Migrate(migrate::Migrate),
    Keys(keys::Keys),
    Init(init::Init),
    Packages(packages::Packages),
    PriceBook(price_book::PriceBook),
    Explain(explain::Explain),
    Import(import::Import),
    Verify(verify::Verify),
    Project(project::Project),
    Rebuild(rebuild::Rebuild),
    Report(report::Report),
    Notifications(notifications::Notifications),
    Status(status::Status),
    Stripe(stripe::Stripe),
    Events(events::Events),
    Psql(psql::Psql),
    Openapi(openapi::Openapi),
    Demo(crate::demo::DemoArgs),
    DemoHistory(history::DemoHistory),
}

/// Runs the command that the process was started with.
#[must_use]
pub fn main() -> ExitCode {
    let cli = Cli::parse();
    let runtime = match tokio::runtime::Builder::new_multi_thread().enable_all().build() {
        Ok(runtime) => runtime,
        Err(error) => return Failure::unavailable(format!("no threads could be started: {error}")).report(),
    };
    let result = runtime.block_on(run(cli.command));
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => failure.report(),
    }
}

async fn run(command: Command) -> Result<(), Failure> {
    match command {
        Command::Serve(serve) => serve.run().await,
        Command::Migrate(migrate) => migrate.run().await,
        Command::Keys(keys) => keys.run().await,
        Command::Init(init) => init.run().await,
        Command::Import(import) => import.run().await,
        Command::Explain(explain) => explain.run().await,
        Command::Packages(packages) => packages.run().await,
        Command::PriceBook(book) => book.run().await,
        Command::Verify(verify) => verify.run().await,
        Command::Project(project) => project.run().await,
        Command::Rebuild(rebuild) => rebuild.run().await,
        Command::Report(report) => report.run().await,
        Command::Notifications(notifications) => notifications.run().await,
        Command::Status(status) => status.run().await,
        Command::Stripe(stripe) => stripe.run().await,
        Command::Events(events) => events.run().await,
        Command::Psql(psql) => psql.run().await,
        Command::Openapi(openapi) => openapi.run(),
        Command::Demo(args) => demo::run(args).await,
        Command::DemoHistory(history) => history.run().await,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::CommandFactory;

    #[test]
    fn the_arguments_are_consistent_and_every_command_shows_an_example() {
        Cli::command().debug_assert();
        for command in Cli::command().get_subcommands() {
            let help = command.get_after_help().map(ToString::to_string).unwrap_or_default();
            assert!(help.contains("credit-ledger"), "{} shows no example", command.get_name());
        }
    }

    #[test]
    fn every_argument_says_what_it_is() {
        let mut commands: Vec<_> = Cli::command().get_subcommands().cloned().collect();
        let mut silent = Vec::new();
        while let Some(command) = commands.pop() {
            commands.extend(command.get_subcommands().cloned());
            let about = command.get_about().is_none().then(|| command.get_name().to_owned());
            let arguments = command.get_arguments().filter(|argument| argument.get_help().is_none());
            let arguments = arguments.map(|argument| format!("{} {}", command.get_name(), argument.get_id()));
            silent.extend(about.into_iter().chain(arguments));
        }
        assert_eq!(silent, Vec::<String>::new());
    }
}
