//! Commands that payments give to the ledger by themselves.

use domain::text::Metadata;
use domain::{Command, IdempotencyKey, KeyNamespace, OrganizationId};
use serde_json::{Map, Value};
use sha2::{Digest, Sha256};
use store::{CommandRequest, EventMetadata};

use crate::gateway::{ChargeId, IntentId};

/// A command of one of our processes. Its key says what it is about, so that it is given once however often it is asked
/// for; the first that was given under a key stands.
///
/// # Panics
/// The key is not visible ASCII of at most 255 bytes: it is to be made of words and ids.
#[must_use]
pub fn internal(process: &str, organization: &OrganizationId, key: &str, command: Command) -> CommandRequest {
    let hash = Sha256::digest(key.as_bytes()).into();
    let key = IdempotencyKey::try_new(KeyNamespace::Internal, key).expect("words and ids are visible ASCII, and short");
    let metadata = EventMetadata { actor: format!("system:{process}"), request_id: None, causation_id: None };
    CommandRequest { organization: organization.clone(), key: Some((key, hash)), command, metadata, welcome: None }
}

/// Where a payment is found at the processor.
pub(crate) fn payment_metadata(intent: &IntentId, charge: Option<&ChargeId>) -> Metadata {
    metadata([("payment_intent", Some(intent.to_string())), ("charge", charge.map(ToString::to_string))])
}

/// What there is of some short texts.
pub(crate) fn metadata<const N: usize>(pairs: [(&str, Option<String>); N]) -> Metadata {
    let pairs = pairs.into_iter().filter_map(|(name, value)| Some((name.to_owned(), Value::String(value?))));
    Metadata::try_new(pairs.collect::<Map<_, _>>()).unwrap_or_default()
}
