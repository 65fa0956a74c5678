//! The secret that an endpoint's notifications are signed with.
//!
//! Invariant: it is shown when it is made, and never again; it is in no log, whatever is printed.

use std::fmt;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;

/// Leads every secret, by Standard Webhooks, and so that scanners of leaked secrets can know one.
const PREFIX: &str = "whsec_";
/// Random bytes: Standard Webhooks wants 24 to 64.
const BYTES: usize = 32;

/// The bytes of a secret. Printed only where it is asked for by name.
#[derive(Clone, PartialEq, Eq)]
pub struct Secret(Vec<u8>);

impl Secret {
    pub(crate) fn random() -> Self {
        Self(rand::random::<[u8; BYTES]>().to_vec())
    }

    pub(crate) fn of_bytes(bytes: Vec<u8>) -> Self {
        Self(bytes)
    }

    pub(crate) fn bytes(&self) -> &[u8] {
        &self.0
    }

    /// The secret itself, to be shown once.
    #[must_use]
    pub fn reveal(&self) -> String {
        format!("{PREFIX}{}", STANDARD.encode(&self.0))
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret(..)")
    }
}

/// The header `webhook-signature`: a signature by each secret, so that a receiver may know either.
#[must_use]
pub(crate) fn signatures(secrets: &[Secret], id: &str, at: i64, body: &str) -> String {
    let sign = |secret: &Secret| {
        let signer = standardwebhooks::Webhook::from_bytes(secret.0.clone()).expect("any bytes are a key");
        signer.sign(id, at, body.as_bytes()).expect("the body is UTF-8")
    };
    secrets.iter().map(sign).collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_secret_is_long_random_and_not_printed() {
        let (one, two) = (Secret::random(), Secret::random());
        assert_ne!(one, two);
        assert!(one.reveal().starts_with(PREFIX) && one.reveal().len() > PREFIX.len() + BYTES);
        assert_eq!(format!("{one:?}"), "Secret(..)");
    }

    #[test]
    fn the_signature_is_that_of_the_specification() {
        // The example of the Standard Webhooks specification and of its reference libraries.
        let secret = Secret::of_bytes(STANDARD.decode("MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw").expect("base64"));
        let id = "msg_p5jXN8AQM9LWM0D4loKWxJek";
        let signature = signatures(&[secret.clone(), secret], id, 1_614_265_330, r#"{"test": 2432232314}"#);
        let once = "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=";
        assert_eq!(signature, format!("{once} {once}"));
    }
}
