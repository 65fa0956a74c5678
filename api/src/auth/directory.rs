//! Where keys are kept.

use std::fmt;

use async_trait::async_trait;
use chrono::{DateTime, Utc};
use domain::OrganizationId;
use sha2::{Digest, Sha256};

use crate::auth::Scope;

/// SHA-256 of a key. A key has 256 random bits, so a slow hash would protect nothing.
pub type KeyHash = [u8; 32];

/// A key as its owner holds it.
#[derive(Clone, PartialEq, Eq)]
pub struct KeySecret(String);

impl KeySecret {
    #[must_use]
    pub fn new(text: String) -> Self {
        Self(text)
    }

    #[must_use]
    pub fn expose(&self) -> &str {
        &self.0
    }

    #[must_use]
    pub fn hash(&self) -> KeyHash {
        hash(&self.0)
    }
}

pub(crate) fn hash(key: &str) -> KeyHash {
    Sha256::digest(key.as_bytes()).into()
}

impl fmt::Debug for KeySecret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("KeySecret(..)")
    }
}

/// A key as it is kept.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KeyRecord {
    pub id: String,
    pub hash: KeyHash,
    pub scope: Scope,
    pub organization: Option<OrganizationId>,
    /// For people.
    pub name: Option<String>,
    pub created_at: DateTime<Utc>,
    pub revoked_at: Option<DateTime<Utc>>,
}

/// A key to make.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewKey {
    pub scope: Scope,
    pub organization: Option<OrganizationId>,
    pub name: Option<String>,
}

/// The keys cannot be reached.
#[derive(Debug, thiserror::Error)]
#[error("the keys cannot be read")]
pub struct DirectoryError(#[source] pub Box<dyn std::error::Error + Send + Sync>);

/// The keys of an installation.
#[async_trait]
pub trait KeyDirectory: Send + Sync + 'static {
    async fn find(&self, hash: &KeyHash) -> Result<Option<KeyRecord>, DirectoryError>;
    /// Makes a key; its secret is shown once.
    async fn create(&self, key: NewKey) -> Result<(KeyRecord, KeySecret), DirectoryError>;
    async fn list(&self) -> Result<Vec<KeyRecord>, DirectoryError>;
    /// The key after it was revoked; `None` when there is none.
    async fn revoke(&self, id: &str) -> Result<Option<KeyRecord>, DirectoryError>;
}
