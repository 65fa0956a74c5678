//! Price books that the database never answers with.

use std::sync::Arc;
use std::time::Duration;

use api::SystemClock;
use api::catalogue::Catalogue;
use store::postgres::pool_options;
use tokio::time::timeout;

use crate::support;
use crate::support::proxy::Proxy;

/// Longer than any look-up may last: commands that are priced wait for it one behind the other.
const TOO_LONG: Duration = Duration::from_secs(25);

#[tokio::test]
async fn a_look_up_of_price_books_that_is_not_answered_ends() {
    let (proxy, options) = Proxy::start(&support::migrated_database().await).await;
    let pool = pool_options().max_connections(1).connect_with(options).await.unwrap();
    let catalogue = Catalogue::new(pool, Arc::new(SystemClock::new()));
    proxy.fall_silent_after("price_book_versions");
    let read = timeout(TOO_LONG, catalogue.books()).await.expect("it ends");
    assert!(read.is_err() && proxy.is_silent());
    proxy.speak();
    assert!(catalogue.books().await.is_ok());
}
