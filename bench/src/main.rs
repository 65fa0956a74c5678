//! The command line of the measurements.

use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::Arc;

use clap::{Args, Parser, Subcommand, ValueEnum};
use ledger_bench::comparison;
use ledger_bench::databases::Databases;
use ledger_bench::side::{Side, Stage};
use ledger_bench::stock::{self, Form, StockService};
use store::private_postgres::PrivatePostgres;
use tokio::net::TcpListener;
use tokio::runtime::Builder;

/// A request makes hundreds of small allocations on two or three threads; the system allocator took a tenth of the
/// time of a command.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// Events between two snapshots of the snapshot store: that of its documentation's example.
const SNAPSHOT_EVERY: usize = 100;

/// Measures the ledger beside stock cqrs-es on one PostgreSQL, and writes `latest.json` and `latest.md`.
#[derive(Parser)]
#[command(args_conflicts_with_subcommands = true)]
struct Cli {
    #[command(subcommand)]
    command: Option<Commands>,
    #[command(flatten)]
    run: RunArgs,
}

#[derive(Subcommand)]
enum Commands {
    /// Run the stock service; the measurement starts it by itself.
    Stock(StockArgs),
}

#[derive(Args)]
struct RunArgs {
    /// Fewer rows of ten seconds each, in less than four minutes.
    #[arg(long, env = "QUICK", value_parser = clap::builder::FalseyValueParser::new())]
    quick: bool,
    /// Only these rows of (a) to (f) and (i) to (m), by their letters: `a,k,l`. They are printed; no file is written.
    #[arg(long, value_delimiter = ',')]
    rows: Vec<char>,
    /// With `--rows`: only these sides.
    #[arg(long, value_delimiter = ',', requires = "rows")]
    sides: Vec<Side>,
    /// A PostgreSQL whose databases `bench_*` may be dropped; without it a private one is started and thrown away.
    #[arg(long)]
    database_url: Option<String>,
    /// The ledger's binary; default is the one beside this binary.
    #[arg(long)]
    ledger: Option<PathBuf>,
    /// Where the results go.
    #[arg(long, default_value = "bench/results")]
    out: PathBuf,
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

fn main() -> ExitCode {
    match run(Cli::parse()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("ledger-bench: {error:#}");
            ExitCode::FAILURE
        }
    }
}

fn run(cli: Cli) -> anyhow::Result<()> {
    match cli.command {
        Some(Commands::Stock(args)) => Builder::new_multi_thread().enable_all().build()?.block_on(serve_stock(args)),
        // One thread for all connections costs the measured server the least.
        None => Builder::new_current_thread().enable_all().build()?.block_on(measure(cli.run)),
    }
}

async fn measure(args: RunArgs) -> anyhow::Result<()> {
    let bench = std::env::current_exe()?;
    let ledger = args.ledger.unwrap_or_else(|| bench.with_file_name("credit-ledger"));
    anyhow::ensure!(ledger.exists(), "{} is missing: build it first", ledger.display());
    let data = tempfile::Builder::new().prefix("ledger-bench-").tempdir()?;
    let (postgres, url) = match args.database_url {
        Some(url) => (None, url),
        None => {
            let postgres = PrivatePostgres::start(data.path()).await?;
            let url = postgres.url_of("postgres");
            (Some(postgres), url)
        }
    };
    let stage = Stage { databases: Databases::new(url), ledger, bench };
    let published = if args.rows.is_empty() {
        let report = comparison::run(&stage, data.path(), args.quick).await;
        report.and_then(|report| publish(&report, &args.out))
    } else {
        comparison::only(&stage, args.quick, &args.rows, &args.sides).await
    };
    if let Some(postgres) = postgres {
        postgres.stop().await;
    }
    published
}

fn publish(report: &ledger_bench::report::Report, out: &Path) -> anyhow::Result<()> {
    report.write(out)?;
    print!("{}", report.markdown()?);
    eprintln!("written to {}", out.display());
    Ok(())
}

async fn serve_stock(args: StockArgs) -> anyhow::Result<()> {
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
