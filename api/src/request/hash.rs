//! The hash of a request: the same idempotency key with another hash is a mistake of the caller (CORRECTNESS C22).
//!
//! Invariant: a command hashes alike whether it came by its own endpoint or in a batch, whatever the order of its
//! fields and its white space, because defaults are not filled in and the body is in RFC 8785 form.

use domain::OrganizationId;
use serde_json::{Map, Value};
use sha2::{Digest, Sha256};
use store::RequestHash;
use uuid::Uuid;

/// Changes when the hashed form changes; requests hashed under another version compare as different.
const VERSION: &[u8] = b"credit-ledger.request.v1";

/// The hash of a command: its type, the ids of its path, and its body without them.
///
/// # Errors
/// The body has a number that RFC 8785 cannot write.
pub fn request_hash(
    kind: &str,
    organization: &OrganizationId,
    target: Option<Uuid>,
    body: &Map<String, Value>,
) -> Result<RequestHash, serde_json::Error> {
    let canonical = serde_json_canonicalizer::to_vec(body)?;
    let target = target.map(Uuid::into_bytes);
    let parts: [&[u8]; 5] = [
        VERSION,
        kind.as_bytes(),
        organization.as_str().as_bytes(),
        target.as_ref().map_or(&[], <[u8; 16]>::as_slice),
        &canonical,
    ];
    let mut hasher = Sha256::new();
    for part in parts {
        hasher.update(u64::try_from(part.len()).expect("a length fits 64 bits").to_be_bytes());
        hasher.update(part);
    }
    Ok(hasher.finalize().into())
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn hash(kind: &str, organization: &str, target: Option<Uuid>, body: Value) -> RequestHash {
        let organization = OrganizationId::try_new(organization).expect("valid");
        let Value::Object(body) = body else { panic!("not an object") };
        request_hash(kind, &organization, target, &body).expect("plain numbers")
    }

    #[test]
    fn c22_only_what_is_asked_counts() {
        let base = hash("consume", "acme", None, json!({"amount": 5, "operation": "chat"}));
        assert_eq!(base, hash("consume", "acme", None, json!({"operation": "chat", "amount": 5})));
        for other in [
            hash("reserve", "acme", None, json!({"amount": 5, "operation": "chat"})),
            hash("consume", "acme2", None, json!({"amount": 5, "operation": "chat"})),
            hash("consume", "acme", Some(Uuid::nil()), json!({"amount": 5, "operation": "chat"})),
            hash("consume", "acme", None, json!({"amount": 6, "operation": "chat"})),
            hash("consume", "acme", None, json!({"amount": 5, "operation": "chat", "subject": null})),
        ] {
            assert_ne!(base, other);
        }
    }

    #[test]
    fn the_form_is_fixed() {
        // A change of this value would refuse every retry of a request made before it.
        let value = hash("consume", "acme", None, json!({"amount": 5}));
        let parts: [&[u8]; 5] = [VERSION, b"consume", b"acme", b"", br#"{"amount":5}"#];
        let mut hasher = Sha256::new();
        for part in parts {
            hasher.update((part.len() as u64).to_be_bytes());
            hasher.update(part);
        }
        assert_eq!(value[..], hasher.finalize()[..]);
    }
}
