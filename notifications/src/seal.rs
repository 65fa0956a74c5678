//! Secrets at rest. With a key of the server's, a copy of the database signs nothing; without one, secrets are kept as they
//! are, in a table that only the ledger may read.
//!
//! Invariant: a sealed secret opens for the endpoint that it was sealed for, and for no other.

use ring::aead::{AES_256_GCM, Aad, LessSafeKey, NONCE_LEN, Nonce, UnboundKey};
use sha2::{Digest, Sha256};
use uuid::Uuid;

use crate::NotificationError;
use crate::secret::Secret;

/// The least length of a key's text: too long to be guessed if it is random.
pub const KEY_CHARS_MIN: usize = 32;

/// How a stored secret begins.
const PLAIN: u8 = 0;
const SEALED: u8 = 1;

#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a key has {KEY_CHARS_MIN} characters or more")]
pub struct KeyTooShort;

/// Seals with the first key, and opens with any.
#[derive(Default)]
pub struct Sealer {
    keys: Vec<LessSafeKey>,
}

impl Sealer {
    /// # Errors
    /// A key is too short to keep anything secret.
    pub fn try_new<'a>(keys: impl IntoIterator<Item = &'a str>) -> Result<Self, KeyTooShort> {
        let key = |text: &str| {
            if text.chars().count() < KEY_CHARS_MIN {
                return Err(KeyTooShort);
            }
            let key = Sha256::digest([b"credit-ledger notification secrets: ", text.as_bytes()].concat());
            let key = UnboundKey::new(&AES_256_GCM, &key).expect("a SHA-256 is as long as the key");
            Ok(LessSafeKey::new(key))
        };
        Ok(Self { keys: keys.into_iter().map(key).collect::<Result<_, _>>()? })
    }

    #[must_use]
    pub fn seals(&self) -> bool {
        !self.keys.is_empty()
    }

    pub(crate) fn seal(&self, endpoint: Uuid, secret: &Secret) -> Vec<u8> {
        let Some(key) = self.keys.first() else { return [&[PLAIN], secret.bytes()].concat() };
        let nonce: [u8; NONCE_LEN] = rand::random();
        let mut sealed = secret.bytes().to_vec();
        let aad = Aad::from(endpoint.as_bytes());
        key.seal_in_place_append_tag(Nonce::assume_unique_for_key(nonce), aad, &mut sealed)
            .expect("a secret is far shorter than what can be sealed");
        [&[SEALED], &nonce[..], &sealed].concat()
    }

    pub(crate) fn open(&self, endpoint: Uuid, stored: &[u8]) -> Result<Secret, NotificationError> {
        match stored.split_first() {
            Some((&PLAIN, secret)) => Ok(Secret::of_bytes(secret.to_vec())),
            Some((&SEALED, sealed)) => {
                let (nonce, sealed) = sealed.split_first_chunk().ok_or(NotificationError::Sealed)?;
                let open = |key: &LessSafeKey| {
                    let mut secret = sealed.to_vec();
                    let (nonce, aad) = (Nonce::assume_unique_for_key(*nonce), Aad::from(endpoint.as_bytes()));
                    let length = key.open_in_place(nonce, aad, &mut secret).ok()?.len();
                    secret.truncate(length);
                    Some(Secret::of_bytes(secret))
                };
                self.keys.iter().find_map(open).ok_or(NotificationError::Sealed)
            }
            Some(_) | None => Err(NotificationError::Sealed),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const OLD: &str = "an old key of the operator, 32 characters";
    const NEW: &str = "a new key of the operator, 32 characters";

    #[test]
    fn a_secret_opens_with_a_key_for_its_endpoint() {
        let (endpoint, secret) = (Uuid::from_u128(1), Secret::random());
        let old = Sealer::try_new([OLD]).expect("long enough");
        let stored = old.seal(endpoint, &secret);
        assert!(!stored.windows(8).any(|part| part == &secret.bytes()[..8]), "it cannot be read");
        assert_eq!(old.open(endpoint, &stored).expect("its own"), secret);
        assert!(old.open(Uuid::from_u128(2), &stored).is_err(), "another endpoint's");
        let rotated = Sealer::try_new([NEW, OLD]).expect("long enough");
        assert_eq!(rotated.open(endpoint, &stored).expect("the old key is known"), secret);
        for stranger in [Sealer::try_new([NEW]).expect("long enough"), Sealer::default()] {
            assert!(stranger.open(endpoint, &stored).is_err());
        }
        assert!(old.open(endpoint, &stored[..20]).is_err() && old.open(endpoint, &[]).is_err());
    }

    #[test]
    fn without_a_key_a_secret_is_kept_and_a_key_that_comes_later_reads_it() {
        let (endpoint, secret) = (Uuid::from_u128(1), Secret::random());
        let stored = Sealer::default().seal(endpoint, &secret);
        assert_eq!(Sealer::try_new([NEW]).expect("long enough").open(endpoint, &stored).expect("plain"), secret);
        assert!(Sealer::try_new(["short"]).is_err());
    }
}
