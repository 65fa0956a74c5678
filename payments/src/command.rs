//! Commands that payments give to the ledger by themselves.

use domain::{Command, IdempotencyKey, KeyNamespace, OrganizationId};
use sha2::{Digest, Sha256};
use store::{CommandRequest, EventMetadata};

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
