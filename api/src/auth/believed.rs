//! What was looked up by the hash of a secret, believed for some seconds so that no request waits for a look-up.
//!
//! Invariant: what the database no longer says is believed for [`KEY_CACHE_TTL`] at most; while it does not answer, for
//! [`KEY_CACHE_UNANSWERED`].
//! Invariant: secrets that nobody knows, which anybody can make up, are looked up a few at a time: whoever presents them
//! holds neither the permits of requests nor the connections that known ones are looked up by.

use std::future::Future;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};

use moka::sync::Cache;
use store::keys::Hash;
use store::log::LogError;
use tokio::sync::{Mutex as AsyncMutex, Semaphore};
use tokio::time::Instant;

use crate::limits::{
    KEY_CACHE_ENTRIES_MAX, KEY_CACHE_FRESH, KEY_CACHE_TTL, KEY_CACHE_UNANSWERED, UNKNOWN_SECRETS_AT_ONCE,
};

/// Look-ups of one kind. By the hash of the secret: what can be timed of a look-up says nothing of a secret.
pub struct Believed<T> {
    known: Cache<Hash, Arc<Known<T>>>,
    /// Room for look-ups of secrets that are not known.
    strangers: Arc<Semaphore>,
}

impl<T> Clone for Believed<T> {
    fn clone(&self) -> Self {
        Self { known: self.known.clone(), strangers: Arc::clone(&self.strangers) }
    }
}

struct Known<T> {
    value: T,
    looked_up_at: Instant,
    refreshing: AtomicBool,
    /// One look-up at a time, of those that requests wait for.
    asking: AsyncMutex<()>,
    /// When the database was last asked in vain.
    unanswered_at: Mutex<Option<Instant>>,
}

impl<T> Known<T> {
    /// Whether it is no use asking again yet.
    fn was_unanswered_lately(&self) -> bool {
        let at = *self.unanswered_at.lock().expect("nothing panics while it is held");
        at.is_some_and(|at| at.elapsed() < KEY_CACHE_FRESH)
    }

    fn is_unanswered(&self, error: &LogError) {
        tracing::warn!(%error, "a key could not be looked up again");
        *self.unanswered_at.lock().expect("nothing panics while it is held") = Some(Instant::now());
        self.refreshing.store(false, Ordering::Relaxed);
    }
}

impl<T: Clone + Send + Sync + 'static> Believed<T> {
    #[must_use]
    pub fn new() -> Self {
        let known = Cache::builder().max_capacity(KEY_CACHE_ENTRIES_MAX).time_to_live(KEY_CACHE_UNANSWERED).build();
        Self { known, strangers: Arc::new(Semaphore::new(UNKNOWN_SECRETS_AT_ONCE)) }
    }

    /// What is known under the hash. Nothing is kept of hashes that are not known: anybody can make them up.
    ///
    /// # Errors
    /// The look-up failed, or too many secrets that nobody knows are being looked up.
    pub async fn get<F, Fut>(&self, hash: Hash, look_up: F) -> Result<Option<T>, LogError>
    where
        F: FnOnce() -> Fut,
        Fut: Future<Output = Result<Option<T>, LogError>> + Send + 'static,
    {
        match self.believed(&hash) {
            Some(known) if known.looked_up_at.elapsed() <= KEY_CACHE_TTL => {
                self.refresh_if_stale(&known, hash, look_up);
                Ok(Some(known.value.clone()))
            }
            Some(known) => self.ask_again(&known, hash, look_up).await,
            None => {
                let busy = |_| LogError::Unavailable("too many unknown secrets are being looked up".into());
                let _room = self.strangers.try_acquire().map_err(busy)?;
                self.ask(hash, look_up()).await
            }
        }
    }

    /// Forgets what is known, so that the next request asks.
    pub fn forget(&self, hash: &Hash) {
        self.known.invalidate(hash);
    }

    fn believed(&self, hash: &Hash) -> Option<Arc<Known<T>>> {
        self.known.get(hash).filter(|known| known.looked_up_at.elapsed() <= KEY_CACHE_UNANSWERED)
    }

    fn keep(&self, hash: Hash, value: T) {
        let known = Known {
            value,
            looked_up_at: Instant::now(),
            refreshing: AtomicBool::new(false),
            asking: AsyncMutex::new(()),
            unanswered_at: Mutex::new(None),
        };
        self.known.insert(hash, Arc::new(known));
    }

    async fn ask(
        &self,
        hash: Hash,
        looking: impl Future<Output = Result<Option<T>, LogError>>,
    ) -> Result<Option<T>, LogError> {
        let found = looking.await?;
        match &found {
            Some(value) => self.keep(hash, value.clone()),
            None => self.forget(&hash),
        }
        Ok(found)
    }

    /// What was known is no longer believed, unless the database does not answer.
    async fn ask_again<F, Fut>(&self, known: &Known<T>, hash: Hash, look_up: F) -> Result<Option<T>, LogError>
    where
        F: FnOnce() -> Fut,
        Fut: Future<Output = Result<Option<T>, LogError>>,
    {
        let _alone = known.asking.lock().await;
        if let Some(newer) = self.believed(&hash).filter(|newer| newer.looked_up_at.elapsed() <= KEY_CACHE_TTL) {
            return Ok(Some(newer.value.clone()));
        }
        if known.was_unanswered_lately() {
            return Ok(Some(known.value.clone()));
        }
        match self.ask(hash, look_up()).await {
            Err(error) => {
                known.is_unanswered(&error);
                Ok(Some(known.value.clone()))
            }
            found => found,
        }
    }

    /// One request starts the look-up, beside itself; none waits for it.
    fn refresh_if_stale<F, Fut>(&self, known: &Arc<Known<T>>, hash: Hash, look_up: F)
    where
        F: FnOnce() -> Fut,
        Fut: Future<Output = Result<Option<T>, LogError>> + Send + 'static,
    {
        let is_stale = known.looked_up_at.elapsed() > KEY_CACHE_FRESH && !known.was_unanswered_lately();
        if !is_stale || known.refreshing.swap(true, Ordering::Relaxed) {
            return;
        }
        let (believed, known, looking) = (self.clone(), Arc::clone(known), look_up());
        tokio::spawn(async move {
            if let Err(error) = believed.ask(hash, looking).await {
                known.is_unanswered(&error);
            }
        });
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Duration;

    const HASH: Hash = [7; 32];

    async fn away() -> Result<Option<u8>, LogError> {
        Err(LogError::Unavailable("away".into()))
    }

    async fn says(answer: Option<u8>) -> Result<Option<u8>, LogError> {
        Ok(answer)
    }

    /// Something that was looked up so long ago.
    fn known(value: u8, ago: Duration) -> Believed<u8> {
        let believed = Believed::new();
        believed.keep(HASH, value);
        let fresh = believed.known.get(&HASH).expect("it was kept");
        let looked_up_at = fresh.looked_up_at.checked_sub(ago).expect("the machine runs longer");
        let (asking, unanswered_at) = (AsyncMutex::new(()), Mutex::new(None));
        let known = Known { value, looked_up_at, refreshing: AtomicBool::new(false), asking, unanswered_at };
        believed.known.insert(HASH, Arc::new(known));
        believed
    }

    #[tokio::test]
    async fn a_known_secret_is_believed_longer_while_the_database_does_not_answer() {
        let believed = known(1, KEY_CACHE_TTL * 2);
        assert_eq!(believed.get(HASH, away).await.expect("it is believed"), Some(1));
        let never = || std::future::pending::<Result<Option<u8>, LogError>>();
        assert_eq!(believed.get(HASH, never).await.expect("nobody asks again at once"), Some(1));
        assert!(known(1, KEY_CACHE_UNANSWERED).get(HASH, away).await.is_err(), "not for ever");
        let found = known(1, KEY_CACHE_TTL * 2).get(HASH, || says(Some(2))).await;
        assert_eq!(found.expect("it answers"), Some(2));
    }

    #[tokio::test]
    async fn what_the_database_no_longer_says_is_not_believed() {
        let believed = known(1, KEY_CACHE_TTL * 2);
        assert_eq!(believed.get(HASH, || says(None)).await.expect("it answers"), None);
        assert!(believed.get(HASH, away).await.is_err(), "nothing is left of it");
    }

    #[tokio::test]
    async fn secrets_that_nobody_knows_are_looked_up_a_few_at_a_time() {
        let believed = known(1, Duration::ZERO);
        let never = || std::future::pending::<Result<Option<u8>, LogError>>();
        let strangers = (0..UNKNOWN_SECRETS_AT_ONCE).map(|stranger| {
            let hash = [u8::try_from(stranger).expect("few"); 32];
            Box::pin(believed.get(if hash == HASH { [255; 32] } else { hash }, never))
        });
        let mut strangers: Vec<_> = strangers.collect();
        for stranger in &mut strangers {
            assert!(futures::poll!(stranger).is_pending());
        }
        assert!(believed.get([254; 32], never).await.is_err(), "at once");
        assert_eq!(believed.get(HASH, away).await.expect("it is known"), Some(1));
    }
}
