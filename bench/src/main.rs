//! The command line of the measurements.

use std::net::SocketAddr;
use std::sync::Arc;

use clap::{Args, Parser, Subcommand, ValueEnum};
use ledger_bench::stock::{self, Form, StockService};
use tokio::net::TcpListener;

/// Events between two snapshots of the snapshot store: the order of magnitude of its documentation's example.
const SNAPSHOT_EVERY: usize = 100;

#[derive(Parser)]
#[command(about = "Measures the ledger beside stock cqrs-es on one PostgreSQL")]
struct Cli {
    #[command(subcommand)]
    command: Commands,
}

#[derive(Subcommand)]
enum Commands {
    /// Runs the stock service; the measurement starts it by itself.
    Stock(StockArgs),
}

#[derive(Args)]
struct StockArgs {
    #[arg(long)]
    mode: Mode,
    #[arg(long)]
    database_url: String,
    #[arg(long, default_value = "127.0.0.1:0")]
    listen: SocketAddr,
}

#[derive(Clone, Copy, ValueEnum)]
enum Mode {
    Events,
    Snapshots,
}

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    let Commands::Stock(args) = Cli::parse().command;
    let form = match args.mode {
        Mode::Events => Form::Events,
        Mode::Snapshots => Form::Snapshots { every: SNAPSHOT_EVERY },
    };
    let pool = stock::database::connect(&args.database_url).await?;
    stock::database::create_tables(&pool).await?;
    let listener = TcpListener::bind(args.listen).await?;
    println!("listening on http://{}", listener.local_addr()?);
    axum::serve(listener, stock::http::router(Arc::new(StockService::new(&pool, form)))).await?;
    Ok(())
}
