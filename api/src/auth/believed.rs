//! What was looked up by the hash of a secret, believed for some seconds so that no request waits for a look-up.
//!
//! Invariant: what the database no longer says is believed for [`KEY_CACHE_TTL`] at most; while it does not answer, for
//! [`KEY_CACHE_UNANSWERED`].
//! Invariant: secrets that are not known, which anybody can make up, wait their turn: whoever presents them holds few of the
//! permits of requests, and never all connections that known ones are looked up by.
//! Invariant: what was asked earlier never stands in for what was asked, or forgotten, later.

use std::future::Future;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};

use moka::sync::Cache;
use store::keys::Hash;
use store::log::LogError;
use tokio::sync::{Mutex as AsyncMutex, Semaphore};
use tokio::time::{Instant, timeout};

use crate::limits::{
    KEY_CACHE_ENTRIES_MAX, KEY_CACHE_FRESH, KEY_CACHE_TTL, KEY_CACHE_UNANSWERED, LOOK_UP_MAX, UNKNOWN_SECRETS_AT_ONCE,
    UNKNOWN_SECRETS_WAITING,
};

/// Look-ups of one kind. By the hash of the secret: what can be timed of a look-up says nothing of a secret.
pub struct Believed<T> {
    known: Cache<Hash, Arc<Known<T>>>,
    /// When what was known was forgotten, for as long as an older look-up may still come back.
    forgotten: Cache<Hash, Instant>,
    /// Held while either changes.
    changing: Arc<Mutex<()>>,
    strangers: Arc<Strangers>,
}

/// Room for secrets that are not known: to wait, and to be looked up.
struct Strangers {
    waiting: Semaphore,
    looked_up: Semaphore,
}

impl<T> Clone for Believed<T> {
    fn clone(&self) -> Self {
        let (known, forgotten) = (self.known.clone(), self.forgotten.clone());
        Self { known, forgotten, changing: Arc::clone(&self.changing), strangers: Arc::clone(&self.strangers) }
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
        let forgotten = Cache::builder().max_capacity(KEY_CACHE_ENTRIES_MAX).time_to_live(LOOK_UP_MAX * 2).build();
        let waiting = Semaphore::new(UNKNOWN_SECRETS_WAITING);
        let strangers = Arc::new(Strangers { waiting, looked_up: Semaphore::new(UNKNOWN_SECRETS_AT_ONCE) });
        Self { known, forgotten, changing: Arc::default(), strangers }
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
            None => self.meet(hash, look_up).await,
        }
    }

    /// Forgets what is known, so that the next request asks. A look-up that is under way does not bring it back.
    pub fn forget(&self, hash: &Hash) {
        self.forget_as_of(hash, Instant::now());
    }

    fn forget_as_of(&self, hash: &Hash, asked_at: Instant) {
        let _alone = self.changing.lock().expect("nothing panics while it is held");
        self.forgotten.insert(*hash, asked_at);
        self.known.invalidate(hash);
    }

    /// Looks up a secret that is not known, in its turn. Of several requests with the same one, one asks.
    async fn meet<F, Fut>(&self, hash: Hash, look_up: F) -> Result<Option<T>, LogError>
    where
        F: FnOnce() -> Fut,
        Fut: Future<Output = Result<Option<T>, LogError>>,
    {
        let busy = || LogError::Unavailable("too many unknown secrets are being looked up".into());
        let _place = self.strangers.waiting.try_acquire().map_err(|_| busy())?;
        let _turn = timeout(LOOK_UP_MAX, self.strangers.looked_up.acquire()).await.map_err(|_| busy())?;
        match self.believed(&hash) {
            Some(known) => Ok(Some(known.value.clone())),
            None => self.ask(hash, look_up()).await,
        }
    }

    fn believed(&self, hash: &Hash) -> Option<Arc<Known<T>>> {
        self.known.get(hash).filter(|known| known.looked_up_at.elapsed() <= KEY_CACHE_UNANSWERED)
    }

    /// Unless something newer is known, or it was forgotten since.
    fn keep(&self, hash: Hash, value: T, asked_at: Instant) {
        let _alone = self.changing.lock().expect("nothing panics while it is held");
        let is_newer = |at: Instant| at > asked_at;
        if self.forgotten.get(&hash).is_some_and(is_newer)
            || self.known.get(&hash).is_some_and(|k| is_newer(k.looked_up_at))
        {
            return;
        }
        let known = Known {
            value,
            looked_up_at: asked_at,
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
        let asked_at = Instant::now();
        let found = looking.await?;
        match &found {
            Some(value) => self.keep(hash, value.clone(), asked_at),
            // Nothing is noted of a secret that never was known: anybody can make those up.
            None if self.known.get(&hash).is_some_and(|known| known.looked_up_at <= asked_at) => {
                self.forget_as_of(&hash, asked_at);
            }
            None => {}
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
        believed.keep(HASH, value, Instant::now().checked_sub(ago).expect("the machine runs longer"));
        believed
    }

    fn stranger(number: usize) -> Hash {
        let mut hash = [255; 32];
        hash[..8].copy_from_slice(&number.to_be_bytes());
        hash
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
    async fn secrets_that_nobody_knows_wait_their_turn_and_not_all_of_them() {
        let believed = known(1, Duration::ZERO);
        let never = || std::future::pending::<Result<Option<u8>, LogError>>();
        let strangers = (0..UNKNOWN_SECRETS_WAITING).map(|number| Box::pin(believed.get(stranger(number), never)));
        let mut strangers: Vec<_> = strangers.collect();
        for stranger in &mut strangers {
            assert!(futures::poll!(stranger).is_pending());
        }
        assert!(believed.get(stranger(UNKNOWN_SECRETS_WAITING), never).await.is_err(), "at once");
        assert_eq!(believed.get(HASH, away).await.expect("it is known"), Some(1));
        strangers.clear();
        assert_eq!(believed.get(stranger(0), || says(Some(3))).await.expect("there is room again"), Some(3));
    }

    #[tokio::test]
    async fn requests_at_once_with_one_secret_are_one_look_up() {
        let (believed, asked) = (Believed::new(), std::sync::atomic::AtomicUsize::new(0));
        let look_up = || {
            asked.fetch_add(1, Ordering::SeqCst);
            async {
                tokio::task::yield_now().await;
                Ok(Some(1_u8))
            }
        };
        let found = futures::future::join_all((0..200).map(|_| believed.get(HASH, look_up))).await;
        assert!(found.into_iter().all(|found| found.is_ok_and(|value| value == Some(1))));
        assert_eq!(asked.load(Ordering::SeqCst), 1);
    }

    #[tokio::test]
    async fn a_look_up_that_comes_late_undoes_nothing() {
        let believed = Believed::new();
        let (answer, answered) = tokio::sync::oneshot::channel();
        let mut early = Box::pin(believed.get(HASH, || async { Ok(answered.await.ok()) }));
        assert!(futures::poll!(&mut early).is_pending());
        believed.forget(&HASH);
        answer.send(1).expect("it waits");
        assert_eq!(early.await.expect("it was so when it was asked"), Some(1));
        assert!(believed.get(HASH, away).await.is_err(), "it was signed out since");

        let believed = known(2, Duration::ZERO);
        believed.keep(HASH, 1, Instant::now() - Duration::from_secs(1));
        assert_eq!(believed.get(HASH, away).await.expect("it is known"), Some(2));
    }
}
