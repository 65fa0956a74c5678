//! `credit-ledger stripe setup`: makes at Stripe what the packages need, and says what it found.

use clap::Args;
use domain::money::to_major;
use domain::package::{Package, PackageChange};
use domain::text::ReferenceText;
use payments::gateway::{GatewayError, PaymentGateway, PriceId, PriceSeen};
use payments::stripe::{Patience, StripeGateway, api_version};
use sqlx::PgPool;
use store::catalogue::packages;

use super::actor::author;
use super::output::say;
use super::stripe_args::StripeArgs;
use super::{DatabaseArgs, Failure, Purpose};

/// Where Stripe tells a server what happened.
const WEBHOOK_PATH: &str = "/v1/webhooks/stripe";

/// Makes products and prices for packages that have none, and the webhook endpoint; safe to repeat.
///
/// A package whose price at Stripe has another amount or currency is refused: give it `--stripe-price-id none` by
/// `packages change`, then a new price is made.
#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  credit-ledger stripe setup --url https://ledger.example.com --dry-run\n  \
    credit-ledger stripe setup --url https://ledger.example.com")]
pub struct Setup {
    /// Where Stripe reaches this ledger, such as https://ledger.example.com; without it no webhook endpoint is made.
    #[arg(long, value_name = "URL")]
    url: Option<String>,
    /// Only say what would be made.
    #[arg(long)]
    dry_run: bool,
    #[command(flatten)]
    stripe: StripeArgs,
}

/// What is to be done about a package.
#[derive(Debug, PartialEq, Eq)]
enum Standing {
    Right,
    /// There is a price of ours that the package does not name yet.
    Found(PriceId),
    Missing,
    Wrong(String),
}

impl Setup {
    pub async fn run(self, database: &DatabaseArgs) -> Result<(), Failure> {
        let settings = self.stripe.settings()?;
        let settings = settings.ok_or_else(|| Failure::usage("STRIPE_SECRET_KEY: a set-up needs the account's key"))?;
        let gateway = StripeGateway::new(settings, Patience::default());
        let database = database.open(Purpose::Use).await?;
        let wrong = packages(&gateway, database.pool(), self.dry_run, say).await;
        database.close().await;
        let wrong = wrong?;
        if let Some(url) = &self.url {
            self.endpoint(&gateway, url).await?;
        }
        match wrong {
            0 => Ok(()),
            wrong => Err(Failure::finding(format!("{wrong} of the packages cannot be bought as they are"))),
        }
    }

    async fn endpoint(&self, gateway: &StripeGateway, base: &str) -> Result<(), Failure> {
        let url = format!("{}{WEBHOOK_PATH}", base.trim_end_matches('/'));
        let endpoints = gateway.webhook_endpoints().await.map_err(failure)?;
        if let Some(endpoint) = endpoints.iter().find(|endpoint| endpoint.url == url && endpoint.status == "enabled") {
            say(format!("webhooks: {} tells {url}", endpoint.id));
            let missing = endpoint.missing_types();
            if !missing.is_empty() {
                say(format!("webhooks: it does not tell {}; add them in Stripe's dashboard", missing.join(", ")));
            }
            let version = endpoint.api_version.as_deref().unwrap_or("the account's");
            if version != api_version() {
                say(format!(
                    "webhooks: its API version is {version}, not {}; events are read all the same",
                    api_version()
                ));
            }
            return Ok(());
        }
        if self.dry_run {
            say(format!("webhooks: an endpoint for {url} would be made"));
            return Ok(());
        }
        let made = gateway.make_webhook_endpoint(&url).await.map_err(failure)?;
        say(format!("webhooks: made {}, which tells {url}; its secret is shown only this once:", made.id));
        say(format!("STRIPE_WEBHOOK_SECRETS={}", made.secret));
        Ok(())
    }
}

/// Makes the prices of all packages on sale, and answers how many stand wrong.
pub(super) async fn packages(
    gateway: &StripeGateway,
    pool: &PgPool,
    dry_run: bool,
    tell: impl Fn(String),
) -> Result<usize, Failure> {
    let on_sale = packages::list(pool, false).await.map_err(|error| Failure::finding(error.to_string()))?;
    let mut wrong = 0;
    for package in &on_sale {
        let (id, price) = (&package.id, to_major(package.terms.price));
        match standing(gateway, package).await.map_err(failure)? {
            Standing::Right => tell(format!("{id}: {price}, as at Stripe")),
            Standing::Wrong(why) => {
                wrong += 1;
                tell(format!("{id}: {why}"));
            }
            Standing::Found(_) | Standing::Missing if dry_run => {
                tell(format!("{id}: {price}, a price would be made or found"));
            }
            Standing::Found(price_id) => {
                keep(pool, package, &price_id).await?;
                tell(format!("{id}: {price}, found at Stripe as {price_id}"));
            }
            Standing::Missing => {
                let made = gateway.make_price(package).await.map_err(failure)?;
                keep(pool, package, &made.id).await?;
                tell(format!("{id}: {price}, made at Stripe as {}", made.id));
            }
        }
    }
    Ok(wrong)
}

async fn standing(gateway: &StripeGateway, package: &Package) -> Result<Standing, GatewayError> {
    if let Some(id) = &package.terms.stripe_price_id {
        match gateway.price(&PriceId::new(id.as_str())).await {
            Ok(price) => return Ok(mistake(package, &price).map_or(Standing::Right, Standing::Wrong)),
            // Of another account, or of a simulation that has ended.
            Err(GatewayError::Refused { status: 404, .. }) => {}
            Err(error) => return Err(error),
        }
    }
    let found = gateway.find_price(package).await?;
    Ok(match found {
        Some(price) => mistake(package, &price).map_or(Standing::Found(price.id), Standing::Wrong),
        None => Standing::Missing,
    })
}

/// Why nobody should pay this price for the package.
fn mistake(package: &Package, price: &PriceSeen) -> Option<String> {
    let own = package.terms.price;
    let id = &price.id;
    match price.amount {
        _ if !price.one_time => Some(format!("{id} is a subscription's price, and packages are bought once")),
        _ if !price.active => Some(format!("{id} is not active at Stripe")),
        None => Some(format!("{id} has no fixed amount")),
        Some(amount) if amount != own => {
            Some(format!("costs {}, and {id} at Stripe costs {}", to_major(own), to_major(amount)))
        }
        Some(_) => None,
    }
}

async fn keep(pool: &PgPool, package: &Package, price: &PriceId) -> Result<(), Failure> {
    let price = ReferenceText::try_new(price.as_str()).map_err(|error| Failure::finding(error.to_string()))?;
    let change = PackageChange { stripe_price_id: Some(Some(price)), ..PackageChange::default() };
    let kept = packages::change(pool, &package.id, change, &author()).await;
    kept.map(drop).map_err(|error| Failure::finding(error.to_string()))
}

fn failure(error: GatewayError) -> Failure {
    match error {
        GatewayError::Refused { .. } => Failure::finding(error.to_string()),
        GatewayError::Unknown { .. } => Failure::unavailable(format!("{error}; run it again")),
    }
}
