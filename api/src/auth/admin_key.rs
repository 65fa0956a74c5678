//! The bootstrap admin key: given by the settings, unknown to the database.

use std::fmt;

use store::keys::{Hash, hash, same_hash};

use crate::limits::ADMIN_KEY_CHARACTERS_MIN;

/// Its hash; the text is forgotten once it was checked.
#[derive(Clone, PartialEq, Eq)]
pub struct AdminKey(Hash);

#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("is too short: give {ADMIN_KEY_CHARACTERS_MIN} characters or more")]
pub struct AdminKeyTooShort;

impl AdminKey {
    /// # Errors
    /// The key could be guessed.
    pub fn try_new(text: &str) -> Result<Self, AdminKeyTooShort> {
        if text.chars().count() < ADMIN_KEY_CHARACTERS_MIN {
            return Err(AdminKeyTooShort);
        }
        Ok(Self(hash(text)))
    }

    /// What passes made with this key refer to it by.
    #[must_use]
    pub fn hash(&self) -> Hash {
        self.0
    }

    /// Whether this is the hash of the key, in constant time.
    #[must_use]
    pub fn has_hash(&self, presented: &Hash) -> bool {
        same_hash(&self.0, presented)
    }
}

impl fmt::Debug for AdminKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("AdminKey(..)")
    }
}
