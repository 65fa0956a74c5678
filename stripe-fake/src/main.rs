//! `stripe-fake`: the simulation as a program of its own. The first line on stdout says where it listens.

use std::io::Write;
use std::process::ExitCode;

use clap::Parser;
use stripe_fake::{Delivery, Endpoint, Fake, Settings};

/// A simulation of Stripe for development and tests: no money moves.
#[derive(Debug, Parser)]
#[command(name = "stripe-fake", version)]
struct Cli {
    /// Host and port; port 0 picks a free one. Loopback, unless --public says otherwise.
    #[arg(long, env = "STRIPE_FAKE_LISTEN", default_value = "127.0.0.1:12111")]
    listen: String,
    /// Listen on an address that other machines reach.
    #[arg(long)]
    public: bool,
    /// Ids, shuffles and losses follow from it; default another one each time, because two accounts share no ids.
    #[arg(long, env = "STRIPE_FAKE_SEED")]
    seed: Option<u64>,
    /// Where events are told, such as http://127.0.0.1:8080/v1/webhooks/stripe.
    #[arg(long, env = "STRIPE_FAKE_WEBHOOK_URL", value_name = "URL")]
    webhook_url: Option<String>,
    /// What signs the events; several sign while a secret is being replaced.
    #[arg(
        long,
        env = "STRIPE_FAKE_WEBHOOK_SECRETS",
        value_name = "SECRETS",
        value_delimiter = ',',
        hide_env_values = true
    )]
    webhook_secret: Vec<String>,
    /// Events wait until POST /_control/deliver.
    #[arg(long)]
    manual_delivery: bool,
}

impl Cli {
    fn settings(self) -> Result<Settings, String> {
        let loopback = ["127.0.0.1:", "[::1]:", "localhost:"].iter().any(|host| self.listen.starts_with(host));
        if !loopback && !self.public {
            return Err(format!("--listen {}: other machines would reach it; --public allows that", self.listen));
        }
        let secrets: Vec<String> = self.webhook_secret.into_iter().filter(|secret| !secret.is_empty()).collect();
        if self.webhook_url.is_some() && secrets.is_empty() {
            return Err("--webhook-url needs a --webhook-secret".to_owned());
        }
        let endpoint = self.webhook_url.map(|url| Endpoint { url, secrets, types: Vec::new() });
        let delivery = Delivery { automatic: !self.manual_delivery, ..Delivery::default() };
        let seed = self.seed.unwrap_or_else(rand::random);
        Ok(Settings { listen: self.listen, seed, endpoints: endpoint.into_iter().collect(), delivery })
    }
}

#[tokio::main]
async fn main() -> ExitCode {
    let settings = match Cli::parse().settings() {
        Ok(settings) => settings,
        Err(problem) => {
            eprintln!("stripe-fake: {problem}");
            return ExitCode::from(2);
        }
    };
    let fake = match Fake::start(settings).await {
        Ok(fake) => fake,
        Err(error) => {
            eprintln!("stripe-fake: --listen: {error}");
            return ExitCode::from(2);
        }
    };
    let mut out = std::io::stdout().lock();
    // Who started it may have closed stdout; it runs all the same.
    let _told = writeln!(out, "listening on {}", fake.url()).and_then(|()| out.flush());
    drop(out);
    let _ended = tokio::signal::ctrl_c().await;
    ExitCode::SUCCESS
}
