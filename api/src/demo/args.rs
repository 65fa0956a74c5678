//! `credit-ledger demo`.

use std::path::PathBuf;

use clap::Args;
use domain::Scale;
use indicatif::{ProgressBar, ProgressStyle};

use super::books::Books;
use super::client::Client;
use super::plan::{Account, accounts};
use super::replay::replay;
use super::seed::seed;
use super::server::ThrowAway;
use super::summary::Summary;
use super::tariff::Tariff;
use super::trace;

/// Pay for a trace of model calls, call by call, and check the books.
///
/// Each call reserves an estimate (its prompt and 500 tokens), then confirms what it really used, at one credit a
/// token. Without --url a server is started on a new data directory, which is removed at the end. Exits 1 when the
/// events say something else than the answers did.
#[derive(Args, Debug)]
#[command(after_help = "Examples:\n  \
    credit-ledger demo\n  \
    credit-ledger demo --trace calls.csv\n  \
    credit-ledger demo --trace calls.csv --model gpt-4o\n  \
    credit-ledger demo --budget 20000        # shows refusals\n  \
    credit-ledger demo --url http://127.0.0.1:8080 --key \"$KEY\"")]
pub struct DemoArgs {
    /// A CSV file with the columns TIMESTAMP, ContextTokens and GeneratedTokens; default is a sample of 200 calls.
    #[arg(long)]
    trace: Option<PathBuf>,
    /// Credits for each organization; default is what its calls need.
    #[arg(long, value_parser = clap::value_parser!(i64).range(1..=1_000_000_000_000_000))]
    budget: Option<i64>,
    /// Pay by the prices of this model (`init ai-tokens` has them) in place of one credit a token. A server without a price
    /// book is given that recipe.
    #[arg(long)]
    model: Option<String>,
    /// How many organizations share the calls.
    #[arg(long, default_value_t = 50, value_parser = clap::value_parser!(u16).range(1..=1_000))]
    organizations: u16,
    /// A server that runs already.
    #[arg(long, requires = "key")]
    url: Option<String>,
    /// An admin key of that server.
    #[arg(long, env = "CREDIT_LEDGER_KEY", hide_env_values = true)]
    key: Option<String>,
    /// Only give that server a few organizations to look at.
    #[arg(long, requires = "url")]
    seed_only: bool,
    /// Print the summary as JSON.
    #[arg(long)]
    json: bool,
}

/// Why a demonstration has no result.
#[derive(Debug, thiserror::Error)]
pub enum DemoError {
    #[error("the trace cannot be used")]
    Trace(#[source] anyhow::Error),
    #[error("the server gives no outcome")]
    Server(#[source] anyhow::Error),
}

/// Runs the demonstration and answers whether the books balance.
///
/// # Errors
/// [`DemoError`].
pub async fn run(args: DemoArgs) -> Result<bool, DemoError> {
    // `--url` requires `--key`, which the environment may set without it.
    let running = args.url.as_deref().zip(args.key.as_deref());
    if let Some((url, key)) = running
        && args.seed_only
    {
        seed(url, key).await.map_err(DemoError::Server)?;
        return Ok(true);
    }
    let calls = trace::read(args.trace.as_deref()).map_err(DemoError::Trace)?;
    let tariff = args.model.map_or(Tariff::Tokens, Tariff::Model);
    let accounts = accounts(calls, args.organizations.into(), args.budget, &tariff);
    let summary = match running {
        Some((url, key)) => play_on(url, key, accounts, tariff).await,
        None => play_apart(accounts, tariff).await,
    };
    let summary = summary.map_err(DemoError::Server)?;
    let text = if args.json { summary.json() } else { summary.text() };
    println!("{}", text.trim_end());
    Ok(summary.differences.is_empty())
}

async fn play_on(url: &str, key: &str, accounts: Vec<Account>, tariff: Tariff) -> anyhow::Result<Summary> {
    play(&Client::try_new(url, key)?, accounts, tariff).await
}

/// On a server of its own, which also ends when the person at the keyboard has seen enough.
async fn play_apart(accounts: Vec<Account>, tariff: Tariff) -> anyhow::Result<Summary> {
    let server = ThrowAway::start().await?;
    let client = Client::try_new(&server.url, &server.key)?;
    let result = tokio::select! {
        result = play(&client, accounts, tariff) => result,
        _ = tokio::signal::ctrl_c() => Err(anyhow::anyhow!("interrupted")),
    };
    server.stop().await?;
    result
}

async fn play(client: &Client, accounts: Vec<Account>, tariff: Tariff) -> anyhow::Result<Summary> {
    tariff.prepare(client).await?;
    let calls: usize = accounts.iter().map(|account| account.calls.len()).sum();
    let bar = bar(calls as u64);
    let replayed = replay(client, accounts, &tariff, &bar).await?;
    bar.finish_and_clear();
    let mut books = Vec::with_capacity(replayed.organizations.len());
    for played in &replayed.organizations {
        books.push(Books::read(client, &played.organization).await?);
    }
    Ok(Summary::new(&replayed, &books, &tariff, scale(client).await?))
}

/// How the server shows credits.
async fn scale(client: &Client) -> anyhow::Result<Scale> {
    let answer = client.get("/v1/price-book/scale").await?.expect(200)?.body;
    let decimals = answer["scale"].as_u64().and_then(|decimals| u8::try_from(decimals).ok());
    decimals.and_then(Scale::try_new).ok_or_else(|| anyhow::anyhow!("no scale in {answer}"))
}

fn bar(calls: u64) -> ProgressBar {
    let style = ProgressStyle::with_template("{bar:40} {pos}/{len} calls, {per_sec}, {eta} left")
        .expect("the template is a constant");
    ProgressBar::new(calls).with_style(style)
}
