//! What stands for an API key for a while: tokens of end customers' pages, and sessions of the dashboard.
//!
//! Invariant: a pass is shown once, when it is made; only its SHA-256 is kept, and it is compared in constant time.
//! Invariant: a pass names the key that it came of by hash, so that it ends with that key.
//! Absent: what a pass allows (that is HTTP's).

use domain::{OrganizationId, Timestamp};
use sqlx::postgres::PgPool;
use uuid::Uuid;

use crate::keys::{Hash, Secret, same_hash};
use crate::log::LogError;
use crate::postgres::error::of_read;

/// Leads every browser token.
pub const BROWSER_TOKEN_PREFIX: &str = "clb_";
/// Leads every session's cookie.
pub const SESSION_PREFIX: &str = "cls_";
/// Expired rows that are removed when one is made: more than one, so that they run out; few, so that nobody waits.
const REMOVED_AT_ONCE: i64 = 20;

/// A token of a page that shows one organization's credits.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BrowserToken {
    pub id: Uuid,
    pub organization: OrganizationId,
    /// Who looks at the page.
    pub subject: Option<String>,
    /// Of the key that made it.
    pub key: Hash,
    pub expires_at: Timestamp,
    pub is_revoked: bool,
}

/// A token to make.
#[derive(Clone, Debug)]
pub struct NewBrowserToken {
    pub organization: OrganizationId,
    pub subject: Option<String>,
    pub key: Hash,
    pub expires_at: Timestamp,
}

/// Somebody who is signed in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Session {
    pub key: Hash,
    pub expires_at: Timestamp,
}

/// Makes a token.
///
/// # Errors
/// [`LogError::Unavailable`] where the database is.
pub async fn create_browser_token(
    pool: &PgPool,
    new: NewBrowserToken,
    now: Timestamp,
) -> Result<(BrowserToken, Secret), LogError> {
    let secret = Secret::random(BROWSER_TOKEN_PREFIX);
    let NewBrowserToken { organization, subject, key, expires_at } = new;
    let token = BrowserToken { id: Uuid::now_v7(), organization, subject, key, expires_at, is_revoked: false };
    sqlx::query(
        "WITH gone AS (DELETE FROM store.browser_tokens WHERE id IN
             (SELECT id FROM store.browser_tokens WHERE expires_at < $6 ORDER BY expires_at LIMIT $8))
         INSERT INTO store.browser_tokens (id, organization, subject, secret_hash, key_hash, created_at, expires_at)
         VALUES ($1, $2, $3, $4, $5, $6, $7)",
    )
    .bind(token.id)
    .bind(token.organization.as_str())
    .bind(&token.subject)
    .bind(crate::keys::hash(secret.reveal()))
    .bind(key)
    .bind(now)
    .bind(expires_at)
    .bind(REMOVED_AT_ONCE)
    .execute(pool)
    .await
    .map_err(of_read)?;
    Ok((token, secret))
}

/// The token with this hash, expired and revoked ones included, as long as they are kept.
///
/// # Errors
/// [`LogError::Unavailable`] where the database is.
pub async fn find_browser_token(pool: &PgPool, presented: &Hash) -> Result<Option<BrowserToken>, LogError> {
    let row: Option<TokenRow> = sqlx::query_as(
        "SELECT t.id, t.organization, t.subject, t.secret_hash, t.key_hash, t.expires_at,
                t.revoked_at IS NOT NULL AS is_revoked
         FROM store.browser_tokens t WHERE t.secret_hash = $1",
    )
    .bind(presented)
    .fetch_optional(pool)
    .await
    .map_err(of_read)?;
    row.filter(|row| same_hash(&row.secret_hash, presented)).map(TokenRow::token).transpose()
}

/// Revokes an organization's token; whether there was one.
///
/// # Errors
/// [`LogError::Unavailable`] where the database is.
pub async fn revoke_browser_token(
    pool: &PgPool,
    organization: &OrganizationId,
    id: Uuid,
    now: Timestamp,
) -> Result<bool, LogError> {
    let done = sqlx::query(
        "UPDATE store.browser_tokens t SET revoked_at = coalesce(t.revoked_at, $3)
         WHERE t.id = $1 AND t.organization = $2",
    )
    .bind(id)
    .bind(organization.as_str())
    .bind(now)
    .execute(pool)
    .await
    .map_err(of_read)?;
    Ok(done.rows_affected() > 0)
}

/// Signs in whoever presented the key.
///
/// # Errors
/// [`LogError::Unavailable`] where the database is.
pub async fn create_session(
    pool: &PgPool,
    key: &Hash,
    now: Timestamp,
    expires_at: Timestamp,
) -> Result<Secret, LogError> {
    let secret = Secret::random(SESSION_PREFIX);
    sqlx::query(
        "WITH gone AS (DELETE FROM store.sessions WHERE secret_hash IN
             (SELECT secret_hash FROM store.sessions WHERE expires_at < $3 ORDER BY expires_at LIMIT $5))
         INSERT INTO store.sessions (secret_hash, key_hash, created_at, expires_at) VALUES ($1, $2, $3, $4)",
    )
    .bind(crate::keys::hash(secret.reveal()))
    .bind(key)
    .bind(now)
    .bind(expires_at)
    .bind(REMOVED_AT_ONCE)
    .execute(pool)
    .await
    .map_err(of_read)?;
    Ok(secret)
}

/// The session with this hash.
///
/// # Errors
/// [`LogError::Unavailable`] where the database is.
pub async fn find_session(pool: &PgPool, presented: &Hash) -> Result<Option<Session>, LogError> {
    let row: Option<(Vec<u8>, Vec<u8>, Timestamp)> =
        sqlx::query_as("SELECT s.secret_hash, s.key_hash, s.expires_at FROM store.sessions s WHERE s.secret_hash = $1")
            .bind(presented)
            .fetch_optional(pool)
            .await
            .map_err(of_read)?;
    let Some((_, key, expires_at)) = row.filter(|(hash, ..)| same_hash(hash, presented)) else { return Ok(None) };
    Ok(Some(Session { key: whole(key)?, expires_at }))
}

/// Signs out; signing out twice changes nothing.
///
/// # Errors
/// [`LogError::Unavailable`] where the database is.
pub async fn delete_session(pool: &PgPool, presented: &Hash) -> Result<(), LogError> {
    let done = sqlx::query("DELETE FROM store.sessions s WHERE s.secret_hash = $1").bind(presented).execute(pool).await;
    done.map(|_| ()).map_err(of_read)
}

#[derive(sqlx::FromRow)]
struct TokenRow {
    id: Uuid,
    organization: String,
    subject: Option<String>,
    secret_hash: Vec<u8>,
    key_hash: Vec<u8>,
    expires_at: Timestamp,
    is_revoked: bool,
}

impl TokenRow {
    fn token(self) -> Result<BrowserToken, LogError> {
        let Self { id, subject, expires_at, is_revoked, .. } = self;
        let organization = OrganizationId::try_new(&self.organization)
            .map_err(|_| LogError::Corrupt(format!("browser token {id}: its organization is not an id")))?;
        Ok(BrowserToken { id, organization, subject, key: whole(self.key_hash)?, expires_at, is_revoked })
    }
}

fn whole(hash: Vec<u8>) -> Result<Hash, LogError> {
    hash.try_into().map_err(|_| LogError::Corrupt("a hash is not of 32 bytes".to_owned()))
}
