//! Whether a webhook comes from Stripe (<https://docs.stripe.com/webhooks#verify-manually>).
//!
//! Invariant: what is checked is the body as it came, byte by byte, before anybody reads it.

use chrono::TimeDelta;
use domain::Timestamp;
use hmac::{Hmac, Mac};
use sha2::Sha256;

use super::settings::WebhookSecrets;

/// How far a signature's time may be from ours: Stripe signs each delivery anew, so an older one was recorded by somebody.
pub const TOLERANCE: TimeDelta = TimeDelta::seconds(300);

/// Why a body is not believed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum BadSignature {
    #[error("`Stripe-Signature` is missing or not of the form `t=...,v1=...`")]
    Header,
    #[error("no signature is that of this body under a secret of STRIPE_WEBHOOK_SECRETS")]
    Mismatch,
    #[error("the signature's time is more than {} seconds away", TOLERANCE.num_seconds())]
    Time,
}

/// # Errors
/// [`BadSignature`].
pub fn verify(secrets: &WebhookSecrets, header: Option<&str>, body: &[u8], now: Timestamp) -> Result<(), BadSignature> {
    let (time, signatures) = parts(header.ok_or(BadSignature::Header)?)?;
    let signed = |secret: &[u8]| {
        let mut mac = Hmac::<Sha256>::new_from_slice(secret).expect("HMAC takes a key of any length");
        mac.update(time.as_bytes());
        mac.update(b".");
        mac.update(body);
        // In constant time.
        signatures.iter().any(|signature| mac.clone().verify_slice(signature).is_ok())
    };
    if !secrets.iter().any(signed) {
        return Err(BadSignature::Mismatch);
    }
    let seconds: i64 = time.parse().map_err(|_| BadSignature::Header)?;
    let at = chrono::DateTime::from_timestamp(seconds, 0).ok_or(BadSignature::Header)?;
    if (now - at).abs() > TOLERANCE { Err(BadSignature::Time) } else { Ok(()) }
}

/// The time as it was signed, and every signature of the scheme that is in use.
fn parts(header: &str) -> Result<(&str, Vec<Vec<u8>>), BadSignature> {
    let (mut time, mut signatures) = (None, Vec::new());
    for part in header.split(',') {
        match part.split_once('=') {
            Some(("t", text)) => time = Some(text),
            Some(("v1", text)) => signatures.extend(hex::decode(text)),
            // Schemes that are not in use, such as `v0`.
            Some(_) => {}
            None => return Err(BadSignature::Header),
        }
    }
    let time = time.filter(|_| !signatures.is_empty()).ok_or(BadSignature::Header)?;
    Ok((time, signatures))
}

#[cfg(test)]
mod tests {
    use super::*;
    use chrono::DateTime;
    use stripe_fake::signature_header;

    const AT: i64 = 1_800_000_000;
    const BODY: &[u8] = br#"{"id": "evt_1",  "amount": 1.0}"#;

    fn checked(secrets: &str, header: Option<&str>, body: &[u8], after: i64) -> Result<(), BadSignature> {
        let now = DateTime::from_timestamp(AT + after, 0).unwrap();
        verify(&WebhookSecrets::try_new(secrets).unwrap(), header, body, now)
    }

    fn header(secrets: &[&str]) -> String {
        signature_header(&secrets.iter().map(|secret| (*secret).to_owned()).collect::<Vec<_>>(), AT, BODY)
    }

    #[test]
    fn any_signature_under_any_secret_will_do() {
        for (ours, theirs) in [("a", vec!["a"]), ("a,b", vec!["b"]), ("b", vec!["a", "b"]), ("old,new", vec!["new"])] {
            assert_eq!(checked(ours, Some(&header(&theirs)), BODY, 0), Ok(()), "{ours} {theirs:?}");
        }
        let with_other_schemes = format!("v0=00,{}", header(&["a"]));
        assert_eq!(checked("a", Some(&with_other_schemes), BODY, 0), Ok(()));
    }

    #[test]
    fn nothing_else_will() {
        let good = header(&["a"]);
        assert_eq!(checked("b", Some(&good), BODY, 0), Err(BadSignature::Mismatch));
        assert_eq!(checked("a", Some(&good), br#"{"id":"evt_1","amount":1.0}"#, 0), Err(BadSignature::Mismatch));
        let moved = good.replace(&AT.to_string(), &(AT + 1).to_string());
        assert_eq!(checked("a", Some(&moved), BODY, 0), Err(BadSignature::Mismatch));
        let spaced = good.replace(",v1", ", v1");
        for bad in [None, Some(""), Some("t=1"), Some("v1=00"), Some("nonsense"), Some("t=1,v1="), Some(&*spaced)] {
            assert!(checked("a", bad, BODY, 0).is_err(), "{bad:?}");
        }
        let unhex = format!("t={AT},v1=zz");
        assert_eq!(checked("a", Some(&unhex), BODY, 0), Err(BadSignature::Header));
    }

    #[test]
    fn a_recorded_delivery_is_too_old() {
        let good = header(&["a"]);
        for (after, wanted) in
            [(300, Ok(())), (-300, Ok(())), (301, Err(BadSignature::Time)), (-301, Err(BadSignature::Time))]
        {
            assert_eq!(checked("a", Some(&good), BODY, after), wanted, "{after}");
        }
    }
}
