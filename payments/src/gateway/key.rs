//! The keys that make a request to the processor safe to repeat.

use std::fmt;

use domain::OrganizationId;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use uuid::Uuid;

/// A key of one request to the processor. Its keys are of the whole account, not of an organization, so this is not the
/// domain's key: it derives from an id that no other request has.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct RequestKey(String);

#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a request's key is 1 to 255 visible ASCII characters")]
pub struct InvalidRequestKey;

impl RequestKey {
    /// The longest key that Stripe takes.
    pub const MAX_BYTES: usize = 255;
    /// How long a key may be sent again: Stripe may forget keys after a day, and a request under a forgotten key has a
    /// second effect. The hour less is for clocks and slow answers.
    pub const LIFE_HOURS: i64 = 23;

    /// The key of a request with this purpose for this purchase, recharge, command or row.
    #[must_use]
    pub fn of(purpose: &'static str, id: Uuid) -> Self {
        Self(format!("{purpose}:{id}"))
    }

    /// The key of what there is once for each organization.
    #[must_use]
    pub fn of_organization(purpose: &'static str, organization: &OrganizationId) -> Self {
        Self(format!("{purpose}:{organization}"))
    }

    /// The key of a request with this purpose for what these parts name together.
    #[must_use]
    pub fn of_parts(purpose: &'static str, parts: &[&str]) -> Self {
        let mut hasher = Sha256::new();
        for part in parts {
            hasher.update(u64::try_from(part.len()).expect("a length fits 64 bits").to_be_bytes());
            hasher.update(part);
        }
        Self(format!("{purpose}:{}", hex::encode(hasher.finalize())))
    }

    /// A key as it was stored.
    ///
    /// # Errors
    /// [`InvalidRequestKey`] when it never was one.
    pub fn try_new(text: impl Into<String>) -> Result<Self, InvalidRequestKey> {
        let text = text.into();
        let fits = !text.is_empty() && text.len() <= Self::MAX_BYTES && text.bytes().all(|b| b.is_ascii_graphic());
        if fits { Ok(Self(text)) } else { Err(InvalidRequestKey) }
    }

    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl TryFrom<String> for RequestKey {
    type Error = InvalidRequestKey;
    fn try_from(text: String) -> Result<Self, Self::Error> {
        Self::try_new(text)
    }
}

impl From<RequestKey> for String {
    fn from(key: RequestKey) -> Self {
        key.0
    }
}

impl fmt::Display for RequestKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_of_organizations_are_always_keys() {
        let longest = OrganizationId::try_new(&"a".repeat(OrganizationId::MAX_BYTES)).unwrap();
        let key = RequestKey::of_organization("customer", &longest);
        assert_eq!(RequestKey::try_new(key.as_str()), Ok(key));
        assert_ne!(RequestKey::of_parts("p", &["a", "bc"]), RequestKey::of_parts("p", &["ab", "c"]));
        for bad in ["", "a b", "ü", &"a".repeat(256)] {
            assert_eq!(RequestKey::try_new(bad), Err(InvalidRequestKey));
        }
    }
}
