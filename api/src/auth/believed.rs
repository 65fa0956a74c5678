//! What was looked up by the hash of a secret, believed for some seconds so that no request waits for a look-up.
//!
//! Invariant: what the database no longer says is believed for [`KEY_CACHE_TTL`] at most.

use std::future::Future;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use moka::sync::Cache;
use store::keys::Hash;
use store::log::LogError;
use tokio::time::Instant;

use crate::limits::{KEY_CACHE_ENTRIES_MAX, KEY_CACHE_FRESH, KEY_CACHE_TTL};

/// Look-ups of one kind. By the hash of the secret: what can be timed of a look-up says nothing of a secret.
pub struct Believed<T>(Cache<Hash, Arc<Known<T>>>);

impl<T> Clone for Believed<T> {
    fn clone(&self) -> Self {
        Self(self.0.clone())
    }
}

struct Known<T> {
    value: T,
    looked_up_at: Instant,
    refreshing: AtomicBool,
}

impl<T: Clone + Send + Sync + 'static> Believed<T> {
    #[must_use]
    pub fn new() -> Self {
        Self(Cache::builder().max_capacity(KEY_CACHE_ENTRIES_MAX).time_to_live(KEY_CACHE_TTL).build())
    }

    /// What is known under the hash. Nothing is kept of hashes that are not known: anybody can make them up.
    ///
    /// # Errors
    /// The look-up failed.
    pub async fn get<F, Fut>(&self, hash: Hash, look_up: F) -> Result<Option<T>, LogError>
    where
        F: FnOnce() -> Fut,
        Fut: Future<Output = Result<Option<T>, LogError>> + Send + 'static,
    {
        if let Some(known) = self.0.get(&hash) {
            self.refresh_if_stale(&known, hash, look_up);
            return Ok(Some(known.value.clone()));
        }
        let found = look_up().await?;
        if let Some(value) = &found {
            self.keep(hash, value.clone());
        }
        Ok(found)
    }

    /// Forgets what is known, so that the next request asks.
    pub fn forget(&self, hash: &Hash) {
        self.0.invalidate(hash);
    }

    fn keep(&self, hash: Hash, value: T) {
        let known = Known { value, looked_up_at: Instant::now(), refreshing: AtomicBool::new(false) };
        self.0.insert(hash, Arc::new(known));
    }

    /// One request starts the look-up, beside itself; none waits for it.
    fn refresh_if_stale<F, Fut>(&self, known: &Known<T>, hash: Hash, look_up: F)
    where
        F: FnOnce() -> Fut,
        Fut: Future<Output = Result<Option<T>, LogError>> + Send + 'static,
    {
        let is_stale = known.looked_up_at.elapsed() > KEY_CACHE_FRESH;
        if !is_stale || known.refreshing.swap(true, Ordering::Relaxed) {
            return;
        }
        let (believed, looking) = (self.clone(), look_up());
        tokio::spawn(async move {
            match looking.await {
                Ok(Some(value)) => believed.keep(hash, value),
                Ok(None) => believed.forget(&hash),
                Err(error) => tracing::warn!(%error, "a key could not be looked up again"),
            }
        });
    }
}
