//! What `serve --demo` sells on a simulation of Stripe: the packages of the standard recipe, and a request to buy one.

use payments::stripe::{Patience, StripeGateway, StripeSettings};
use sqlx::PgPool;
use store::catalogue::{CatalogueError, packages};

use super::Failure;
use super::actor::author;
use super::output::say;
use super::stripe_setup;
use crate::catalogue::file::CatalogueFile;
use crate::origins::Origins;
use crate::recipes::Recipe;

/// Opens the shop and says how to buy. The server runs without it, too.
pub async fn open(account: StripeSettings, pool: &PgPool, origins: &Origins, url: &str, key: &str) {
    // What a real account sells is for its owner to say.
    if account.is_live() || !account.is_loopback() {
        return;
    }
    let gateway = StripeGateway::new(account, Patience::default());
    match stock(&gateway, pool).await {
        Ok(()) if origins.allow(url) => say(purchase(url, key)),
        Ok(()) => {}
        Err(failure) => tracing::error!(?failure, "the demo's packages cannot be sold"),
    }
}

async fn stock(gateway: &StripeGateway, pool: &PgPool) -> Result<(), Failure> {
    let unavailable = |error: CatalogueError| Failure::unavailable(error.to_string());
    if packages::list(pool, true).await.map_err(unavailable)?.is_empty() {
        let text = Recipe::Standard.text().map_err(Failure::usage)?;
        let file = CatalogueFile::read(&text).expect("a test reads every recipe");
        for (id, terms) in file.packages {
            packages::create(pool, &id, terms, &author()).await.map_err(unavailable)?;
        }
    }
    stripe_setup::packages(gateway, pool, false, |told| tracing::info!("{told}")).await.map(drop)
}

/// A request whose answer has the address of a page to pay on.
fn purchase(url: &str, key: &str) -> String {
    let back = format!("{url}/docs");
    // A page of last evening is gone with its simulation: each start has a key of its own.
    let first: String = key.chars().rev().take(8).collect();
    let body = serde_json::json!({"package_id": "starter", "success_url": back, "cancel_url": back});
    format!(
        "Buy credits from a simulation of Stripe, which charges nothing. Open the `url` of this answer:\n\n\
         curl -s -H 'Authorization: Bearer {key}' -H 'Content-Type: application/json' \
         -H 'Idempotency-Key: purchase-{first}' -d '{body}' '{url}/v1/organizations/acme/checkout-sessions'\n"
    )
}
