//! From an `Authorization` header to a caller, without a query a request.
//!
//! Invariant: a revoked key stops working within [`KEY_CACHE_TTL`] of the last look-up that found it valid, on every node.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use http::header::AUTHORIZATION;
use http::{HeaderMap, StatusCode};
use moka::sync::Cache;
use store::keys::{ApiKey, hash};
use tokio::time::Instant;

use crate::auth::{AdminKey, Caller, Keys, Scope};
use crate::limits::{KEY_CACHE_ENTRIES_MAX, KEY_CACHE_FRESH, KEY_CACHE_TTL};
use crate::problem::Problem;
use crate::problems::of_log;

/// A key that was looked up.
struct Known {
    caller: Arc<Caller>,
    is_revoked: bool,
    looked_up_at: Instant,
    refreshing: AtomicBool,
}

/// Checks keys.
#[derive(Clone)]
pub struct Authenticator {
    keys: Keys,
    /// By the hash of the key: what can be timed of a look-up says nothing of a key.
    cache: Cache<[u8; 32], Arc<Known>>,
    admin: Option<(AdminKey, Arc<Caller>)>,
}

impl Authenticator {
    #[must_use]
    pub fn new(keys: Keys, admin: Option<AdminKey>) -> Self {
        let caller = Caller { actor: "key:bootstrap".into(), scope: Scope::Admin, organization: None };
        Self {
            keys,
            cache: Cache::builder().max_capacity(KEY_CACHE_ENTRIES_MAX).time_to_live(KEY_CACHE_TTL).build(),
            admin: admin.map(|key| (key, Arc::new(caller))),
        }
    }

    #[must_use]
    pub fn keys(&self) -> &Keys {
        &self.keys
    }

    /// # Errors
    /// 401 with the reason, or 503 when the keys cannot be read.
    pub async fn caller(&self, headers: &HeaderMap) -> Result<Arc<Caller>, Problem> {
        let presented = bearer(headers)?;
        let hash = hash(presented);
        if let Some((admin, caller)) = &self.admin
            && admin.has_hash(&hash)
        {
            return Ok(Arc::clone(caller));
        }
        if let Some(known) = self.cache.get(&hash) {
            self.refresh_if_stale(&known, presented, hash);
            return caller_of(&known);
        }
        let key = self.keys.find(presented).await.map_err(|error| of_log(&error))?;
        let known = known(key.ok_or_else(unknown_key)?);
        self.cache.insert(hash, Arc::clone(&known));
        caller_of(&known)
    }

    /// One request starts the look-up, beside itself; none waits for it.
    fn refresh_if_stale(&self, known: &Known, presented: &str, hash: [u8; 32]) {
        let is_stale = known.looked_up_at.elapsed() > KEY_CACHE_FRESH;
        if !is_stale || known.refreshing.swap(true, Ordering::Relaxed) {
            return;
        }
        let (keys, cache, presented) = (self.keys.clone(), self.cache.clone(), presented.to_owned());
        tokio::spawn(async move {
            match keys.find(&presented).await {
                Ok(Some(key)) => cache.insert(hash, self::known(key)),
                Ok(None) => cache.invalidate(&hash),
                Err(error) => tracing::warn!(%error, "a key could not be looked up again"),
            }
        });
    }
}

fn known(key: ApiKey) -> Arc<Known> {
    let actor = format!("key:{}", key.id).into();
    let caller = Arc::new(Caller { actor, scope: key.scope.into(), organization: key.organization });
    let is_revoked = key.revoked_at.is_some();
    Arc::new(Known { caller, is_revoked, looked_up_at: Instant::now(), refreshing: AtomicBool::new(false) })
}

fn caller_of(known: &Known) -> Result<Arc<Caller>, Problem> {
    if known.is_revoked {
        return Err(unauthorized("key_revoked", "the API key was revoked; ask an administrator for another"));
    }
    Ok(Arc::clone(&known.caller))
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
