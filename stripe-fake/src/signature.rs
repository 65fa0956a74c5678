//! `Stripe-Signature`: an HMAC-SHA256 over the time and the raw body, one for each secret that is in force.

use hmac::{Hmac, Mac};
use sha2::Sha256;

/// The header for a body that is sent at `at`.
#[must_use]
pub fn header(secrets: &[String], at: i64, body: &[u8]) -> String {
    let signatures = secrets.iter().map(|secret| {
        let mut mac = Hmac::<Sha256>::new_from_slice(secret.as_bytes()).expect("HMAC takes a key of any length");
        mac.update(format!("{at}.").as_bytes());
        mac.update(body);
        format!(",v1={}", hex::encode(mac.finalize().into_bytes()))
    });
    format!("t={at}{}", signatures.collect::<String>())
}
