//! `credit-ledger demo`, and the demo data of `serve --demo`.

use super::Failure;
use super::output::say;
use crate::auth::{Keys, NewKey, Scope};
use crate::demo::{self, DemoArgs, DemoError};
use store::keys::Secret;

/// The name of the key that `serve --demo` prints.
const KEY_NAME: &str = "demo";

/// # Errors
/// The books do not balance, the trace cannot be read, or the server gives no outcome.
pub async fn run(args: DemoArgs) -> Result<(), Failure> {
    match demo::run(args).await {
        Ok(true) => Ok(()),
        Ok(false) => Err(Failure::finding("the events say something else than the answers did")),
        Err(DemoError::Trace(error)) => Err(Failure::usage(format!("--trace: {error:#}"))),
        Err(DemoError::Server(error)) => Err(Failure::unavailable(format!("{error:#}"))),
    }
}

/// An admin key to print: keys cannot be read back, so each start makes one and revokes those of earlier starts.
///
/// # Errors
/// The database is unavailable.
pub async fn key(keys: &Keys) -> Result<Secret, Failure> {
    let unavailable = |error| Failure::caused("a key for the demo cannot be made", &error);
    for key in keys.list().await.map_err(unavailable)? {
        if key.name == KEY_NAME && key.revoked_at.is_none() {
            keys.revoke(key.id).await.map_err(unavailable)?;
        }
    }
    let new = NewKey { scope: Scope::Admin, organization: None, name: KEY_NAME.to_owned() };
    let (_, secret) = keys.create(new).await.map_err(unavailable)?;
    Ok(secret)
}

/// Gives the server its demo organizations and says what to type next. The server runs without them, too.
pub async fn greet(url: &str, key: &str) {
    match demo::seed(url, key).await {
        Ok(()) => {
            say(format!("\nDemo organizations: acme, globex, initech, hooli. Try:\n\n{}", demo::next_steps(url, key)))
        }
        Err(error) => tracing::error!("the demo organizations could not be made: {error:#}"),
    }
}
