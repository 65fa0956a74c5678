//! Runs the example: `cargo run -p paid-images`.

use std::sync::Arc;

use anyhow::Context;
use credit_check::{CreditCheck, Ledger, Settings};
use futures::FutureExt;
use paid_images::{Made, Model, Work, organization, router};

/// Where the example listens.
const LISTEN: &str = "127.0.0.1:3000";

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    let address = std::env::var("CREDIT_LEDGER_URL").unwrap_or_else(|_| "http://127.0.0.1:8080".to_owned());
    let key = std::env::var("CREDIT_LEDGER_KEY").context("CREDIT_LEDGER_KEY is a key of the ledger")?;
    let settings = Settings { service: "paid-images".to_owned(), ..Settings::default() };
    let credits = CreditCheck::new(Ledger::new(&address, &key)?, organization, settings);
    let listener = tokio::net::TcpListener::bind(LISTEN).await?;
    println!("listening on http://{LISTEN}");
    let stop = async { tokio::signal::ctrl_c().await.expect("the process may be told of Ctrl-C") };
    axum::serve(listener, router(&credits, echo())).with_graceful_shutdown(stop).await?;
    credits.settled().await;
    Ok(())
}

/// A model that repeats what it is told.
fn echo() -> Model {
    Arc::new(|work: Work| {
        let tokens = u64::try_from(work.prompt.split_whitespace().count()).expect("few words");
        async move { Ok(Made { text: work.prompt, tokens }) }.boxed()
    })
}
