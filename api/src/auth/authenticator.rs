//! From an `Authorization` header to a caller, without a query a request.
//!
//! Invariant: a revoked key stops working within [`KEY_CACHE_TTL`] of the last look-up that found it valid, on every node.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use http::header::AUTHORIZATION;
use http::{HeaderMap, StatusCode};
use moka::sync::Cache;
use subtle::ConstantTimeEq;
use tokio::time::Instant;

use crate::auth::directory::hash;
use crate::auth::{Caller, DirectoryError, KeyDirectory, KeyHash, KeyRecord, KeySecret, Scope};
use crate::limits::{KEY_CACHE_ENTRIES_MAX, KEY_CACHE_FRESH, KEY_CACHE_TTL};
use crate::problem::Problem;

/// A key that was looked up.
struct Known {
    key: KeyRecord,
    caller: Arc<Caller>,
    looked_up_at: Instant,
    refreshing: AtomicBool,
}

/// Checks keys.
#[derive(Clone)]
pub struct Authenticator {
    directory: Arc<dyn KeyDirectory>,
    cache: Cache<KeyHash, Arc<Known>>,
    bootstrap: Option<(KeyHash, Arc<Caller>)>,
}

impl Authenticator {
    /// `bootstrap` is the admin key of the settings; the database does not know it.
    #[must_use]
    pub fn new(directory: Arc<dyn KeyDirectory>, bootstrap: Option<&KeySecret>) -> Self {
        let admin = Caller { actor: "key:bootstrap".into(), scope: Scope::Admin, organization: None };
        Self {
            directory,
            cache: Cache::builder().max_capacity(KEY_CACHE_ENTRIES_MAX).time_to_live(KEY_CACHE_TTL).build(),
            bootstrap: bootstrap.map(|key| (key.hash(), Arc::new(admin))),
        }
    }

    #[must_use]
    pub fn directory(&self) -> &Arc<dyn KeyDirectory> {
        &self.directory
    }

    /// Makes this node forget a key that was just revoked.
    pub fn forget(&self, key: &KeyRecord) {
        self.cache.invalidate(&key.hash);
    }

    /// # Errors
    /// 401 with the reason, or 503 when the keys cannot be read.
    pub async fn caller(&self, headers: &HeaderMap) -> Result<Arc<Caller>, Problem> {
        let hash = hash(bearer(headers)?);
        if let Some((admin, caller)) = &self.bootstrap
            && same(admin, &hash)
        {
            return Ok(Arc::clone(caller));
        }
        if let Some(known) = self.cache.get(&hash) {
            self.refresh_if_stale(&known);
            return caller_of(&known, &hash);
        }
        let key = self.directory.find(&hash).await.map_err(|error| unreachable_directory(&error))?;
        let known = known(key.ok_or_else(unknown_key)?);
        self.cache.insert(hash, Arc::clone(&known));
        caller_of(&known, &hash)
    }

    /// One request starts the look-up, beside itself; none waits for it.
    fn refresh_if_stale(&self, known: &Arc<Known>) {
        let is_stale = known.looked_up_at.elapsed() > KEY_CACHE_FRESH;
        if !is_stale || known.refreshing.swap(true, Ordering::Relaxed) {
            return;
        }
        let (directory, cache, hash) = (Arc::clone(&self.directory), self.cache.clone(), known.key.hash);
        tokio::spawn(async move {
            match directory.find(&hash).await {
                Ok(Some(key)) => cache.insert(hash, self::known(key)),
                Ok(None) => cache.invalidate(&hash),
                Err(error) => tracing::warn!(error = %error.0, "a key could not be looked up again"),
            }
        });
    }
}

fn known(key: KeyRecord) -> Arc<Known> {
    let caller = Arc::new(Caller {
        actor: format!("key:{}", key.id).into(),
        scope: key.scope,
        organization: key.organization.clone(),
    });
    Arc::new(Known { key, caller, looked_up_at: Instant::now(), refreshing: AtomicBool::new(false) })
}

fn caller_of(known: &Known, hash: &KeyHash) -> Result<Arc<Caller>, Problem> {
    if !same(&known.key.hash, hash) {
        return Err(unknown_key());
    }
    if known.key.revoked_at.is_some() {
        return Err(unauthorized("key_revoked", "the API key was revoked; ask an administrator for another"));
    }
    Ok(Arc::clone(&known.caller))
}

fn same(one: &KeyHash, other: &KeyHash) -> bool {
    one.ct_eq(other).into()
}

fn bearer(headers: &HeaderMap) -> Result<&str, Problem> {
    let header = headers
        .get(AUTHORIZATION)
        .ok_or_else(|| unauthorized("key_missing", "send an API key as `Authorization: Bearer <key>`"))?;
    let key = header.to_str().ok().and_then(|text| {
        let (scheme, key) = text.split_once(' ')?;
        scheme.eq_ignore_ascii_case("bearer").then(|| key.trim())
    });
    key.filter(|key| !key.is_empty())
        .ok_or_else(|| unauthorized("key_malformed", "the header is not of the form `Authorization: Bearer <key>`"))
}

fn unknown_key() -> Problem {
    unauthorized("key_unknown", "the API key is not known here")
}

fn unauthorized(code: &'static str, detail: &'static str) -> Problem {
    Problem::new(StatusCode::UNAUTHORIZED, code, "Not authenticated", detail)
}

pub(crate) fn unreachable_directory(error: &DirectoryError) -> Problem {
    const RETRY_AFTER: Duration = Duration::from_secs(1);
    tracing::warn!(error = %error.0, "the keys cannot be read");
    Problem::unavailable("unavailable", "the database is unavailable; nothing was done", RETRY_AFTER)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn code(header: &'static str) -> &'static str {
        let mut headers = HeaderMap::new();
        if !header.is_empty() {
            headers.insert(AUTHORIZATION, http::HeaderValue::from_static(header));
        }
        bearer(&headers).map_or_else(|problem| problem.code, |_| "ok")
    }

    #[test]
    fn headers_that_carry_no_key_say_so() {
        let table = [("", "key_missing"), ("Basic abc", "key_malformed"), ("Bearer", "key_malformed")];
        for (header, expected) in table.into_iter().chain([("Bearer ", "key_malformed"), ("bearer abc", "ok")]) {
            assert_eq!(code(header), expected, "{header}");
        }
    }
}
