//! A signed webhook, as Stripe sends it.

use std::time::SystemTime;

use anyhow::Context as _;
use stripe_fake::signature_header;

use super::target::{Call, Target};

/// Of the measured ledger, which nobody else can reach.
pub const SECRET: &str = "whsec_ledger_bench";
/// Where it looks for events.
const PATH: &str = "/v1/webhooks/stripe";
/// Bytes that make an event about as long as one of a payment.
const FILLING: usize = 2_000;

/// One event; of a kind that the ledger keeps, works at, and finds not to be about it.
///
/// # Errors
/// The clock stands before 1970.
pub fn call(target: &Target, id: &str) -> anyhow::Result<Call> {
    let now = i64::try_from(epoch()?.as_secs())?;
    let filling = "x".repeat(FILLING);
    let body = format!(
        r#"{{"id":"evt_{id}","object":"event","api_version":null,"type":"product.updated","livemode":false,"created":{now},"data":{{"object":{{"object":"product","id":"prod_{id}","description":"{filling}"}}}}}}"#
    );
    let header = signature_header(&[SECRET.to_owned()], now, body.as_bytes());
    target.post_signed(PATH, &header, body)
}

#[expect(clippy::disallowed_methods, reason = "a delivery is signed at the time of the machine, as Stripe's are")]
fn epoch() -> anyhow::Result<std::time::Duration> {
    SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).context("the clock stands before 1970")
}
