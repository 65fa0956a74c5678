//! API keys: who may call, and as what.
//!
//! Invariant: a key is shown once, when it is made; only its SHA-256 is kept, and it is compared in constant time.
//! Absent: what a scope allows (that is HTTP's), and what stands for a key for a while (`passes.rs`).

use std::fmt;
use std::str::FromStr;

use domain::{OrganizationId, Timestamp};
use sha2::{Digest, Sha256};
use sqlx::postgres::PgPool;
use subtle::ConstantTimeEq;
use uuid::Uuid;

use crate::log::LogError;
use crate::postgres::error::of_read;

/// Leads every key, so that scanners of leaked secrets can know one.
pub const PREFIX: &str = "clk_";
/// Random bytes of a key: beyond guessing, so that a fast hash suffices.
const SECRET_BYTES: usize = 32;

/// What a key may do.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Scope {
    Admin,
    Command,
    Read,
}

impl Scope {
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Admin => "admin",
            Self::Command => "command",
            Self::Read => "read",
        }
    }
}

impl fmt::Display for Scope {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a scope is admin, command or read")]
pub struct UnknownScope;

impl FromStr for Scope {
    type Err = UnknownScope;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        [Self::Admin, Self::Command, Self::Read].into_iter().find(|scope| scope.as_str() == text).ok_or(UnknownScope)
    }
}

/// A key, without what opens anything.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ApiKey {
    pub id: Uuid,
    pub name: String,
    pub scope: Scope,
    /// The only organization that it may see; `None`: all.
    pub organization: Option<OrganizationId>,
    pub created_at: Timestamp,
    pub revoked_at: Option<Timestamp>,
}

/// The text of a key. Printed only where it is asked for by name.
pub struct Secret(String);

impl Secret {
    pub(crate) fn random(prefix: &str) -> Self {
        Self(format!("{prefix}{}", hex::encode(rand::random::<[u8; SECRET_BYTES]>())))
    }

    /// The key itself, to be shown once.
    #[must_use]
    pub fn reveal(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret(..)")
    }
}

/// What is kept of a secret.
pub type Hash = [u8; 32];

/// The hash of a secret's text.
#[must_use]
pub fn hash(secret: &str) -> Hash {
    Sha256::digest(secret.as_bytes()).into()
}

/// Whether two hashes are equal, in a time that does not depend on where they differ.
#[must_use]
pub fn same_hash(left: &[u8], right: &[u8]) -> bool {
    left.ct_eq(right).into()
}

/// Makes a key.
///
/// # Errors
/// [`LogError::Unavailable`] where the database is.
pub async fn create(
    pool: &PgPool,
    name: &str,
    scope: Scope,
    organization: Option<OrganizationId>,
    now: Timestamp,
) -> Result<(ApiKey, Secret), LogError> {
    let secret = Secret::random(PREFIX);
    let key =
        ApiKey { id: Uuid::now_v7(), name: name.to_owned(), scope, organization, created_at: now, revoked_at: None };
    sqlx::query(
        "INSERT INTO store.api_keys (id, name, scope, organization, secret_hash, created_at)
         VALUES ($1, $2, $3, $4, $5, $6)",
    )
    .bind(key.id)
    .bind(&key.name)
    .bind(scope.as_str())
    .bind(key.organization.as_ref().map(OrganizationId::as_str))
    .bind(hash(secret.reveal()))
    .bind(now)
    .execute(pool)
    .await
    .map_err(of_read)?;
    Ok((key, secret))
}

/// All keys, oldest first, revoked ones included.
///
/// # Errors
/// [`LogError::Unavailable`] where the database is.
pub async fn list(pool: &PgPool) -> Result<Vec<ApiKey>, LogError> {
    let rows: Vec<KeyRow> = sqlx::query_as(
        "SELECT k.id, k.name, k.scope, k.organization, k.secret_hash, k.created_at, k.revoked_at
         FROM store.api_keys k ORDER BY k.created_at, k.id",
    )
    .fetch_all(pool)
    .await
    .map_err(of_read)?;
    rows.into_iter().map(KeyRow::key).collect()
}

/// Revokes a key for ever, and answers it; `None` where there is none. A second time changes nothing.
///
/// # Errors
/// [`LogError::Unavailable`] where the database is.
pub async fn revoke(pool: &PgPool, id: Uuid, now: Timestamp) -> Result<Option<ApiKey>, LogError> {
    let row: Option<KeyRow> = sqlx::query_as(
        "UPDATE store.api_keys k SET revoked_at = coalesce(k.revoked_at, $2) WHERE k.id = $1
         RETURNING k.id, k.name, k.scope, k.organization, k.secret_hash, k.created_at, k.revoked_at",
    )
    .bind(id)
    .bind(now)
    .fetch_optional(pool)
    .await
    .map_err(of_read)?;
    row.map(KeyRow::key).transpose()
}

/// The key with this hash, revoked or not: a caller is told that its key was revoked.
///
/// # Errors
/// [`LogError::Unavailable`] where the database is.
pub async fn find(pool: &PgPool, presented: &Hash) -> Result<Option<ApiKey>, LogError> {
    // The look-up compares hashes, of which a caller cannot choose a prefix; the last word is in constant time.
    let row: Option<KeyRow> = sqlx::query_as(
        "SELECT k.id, k.name, k.scope, k.organization, k.secret_hash, k.created_at, k.revoked_at
         FROM store.api_keys k WHERE k.secret_hash = $1",
    )
    .bind(presented)
    .fetch_optional(pool)
    .await
    .map_err(of_read)?;
    row.filter(|row| same_hash(&row.secret_hash, presented)).map(KeyRow::key).transpose()
}

#[derive(sqlx::FromRow)]
struct KeyRow {
    id: Uuid,
    name: String,
    scope: String,
    organization: Option<String>,
    secret_hash: Vec<u8>,
    created_at: Timestamp,
    revoked_at: Option<Timestamp>,
}

impl KeyRow {
    fn key(self) -> Result<ApiKey, LogError> {
        let corrupt = |what: &str| LogError::Corrupt(format!("API key {}: {what}", self.id));
        let scope = self.scope.parse().map_err(|UnknownScope| corrupt("its scope is unknown"))?;
        let organization = match &self.organization {
            Some(id) => Some(OrganizationId::try_new(id).map_err(|_| corrupt("its organization is not an id"))?),
            None => None,
        };
        let Self { id, name, created_at, revoked_at, .. } = self;
        Ok(ApiKey { id, name, scope, organization, created_at, revoked_at })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_is_long_random_and_not_printed() {
        let (one, two) = (Secret::random(PREFIX), Secret::random(PREFIX));
        assert_eq!(one.reveal().len(), PREFIX.len() + 2 * SECRET_BYTES);
        assert_ne!(one.reveal(), two.reveal());
        assert_eq!(format!("{one:?}"), "Secret(..)");
    }

    #[test]
    fn hashes_are_compared_whole() {
        assert!(same_hash(&hash("clk_a"), &hash("clk_a")));
        assert!(!same_hash(&hash("clk_a"), &hash("clk_b")));
        assert!(!same_hash(&hash("clk_a"), &hash("clk_a")[..31]));
    }

    #[test]
    fn scopes_are_read_as_written() {
        for scope in [Scope::Admin, Scope::Command, Scope::Read] {
            assert_eq!(scope.as_str().parse(), Ok(scope));
        }
        assert_eq!("root".parse::<Scope>(), Err(UnknownScope));
    }
}
