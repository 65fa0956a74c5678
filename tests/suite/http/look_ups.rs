//! Keys that are looked up by connections that a firewall forgot.

use std::sync::Arc;
use std::time::Duration;

use api::SystemClock;
use api::auth::{Authenticator, Keys, NewKey, Scope};
use store::keys::hash;
use store::postgres::pool_options;

use crate::support;
use crate::support::proxy::Proxy;

/// So long unused, a connection is asked whether it lives before it is used.
const IDLE: Duration = Duration::from_millis(200);

#[tokio::test]
async fn a_look_up_outlives_a_connection_that_was_forgotten() {
    let (proxy, options) = Proxy::start(&support::migrated_database().await).await;
    let keys = Keys::new(pool_options().connect_with(options).await.unwrap(), Arc::new(SystemClock::new()));
    let new = |name: &str| NewKey { scope: Scope::Read, organization: None, name: name.into() };
    let (_, before) = keys.create(new("before")).await.unwrap();
    let (_, after) = keys.create(new("after")).await.unwrap();
    let authenticator = Authenticator::new(keys, None);
    assert!(authenticator.of_key(hash(before.reveal())).await.is_ok());
    tokio::time::sleep(IDLE).await;
    proxy.forget_connections();
    let found = authenticator.of_key(hash(after.reveal())).await;
    assert!(found.is_ok(), "by a new connection: {found:?}");
}
