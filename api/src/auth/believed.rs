//! What was looked up by the hash of a secret, believed for some seconds so that no request waits for a look-up.
//!
//! Invariant: what the database no longer says is believed for [`KEY_CACHE_TTL`] at most; while it does not answer, for
//! [`KEY_CACHE_UNANSWERED`].
//! Invariant: what was asked earlier never stands in for what was asked, or forgotten, later.

use std::future::Future;
use std::sync::Arc;

use moka::sync::Cache;
use store::keys::Hash;
use store::log::LogError;
use tokio::time::Instant;

use crate::auth::pending::{Pending, Waiting};
use crate::auth::turns::{Line, Turns};
use crate::limits::{KEY_CACHE_ENTRIES_MAX, KEY_CACHE_FRESH, KEY_CACHE_TTL, KEY_CACHE_UNANSWERED};

/// What a look-up found, for all who waited for it.
pub type Found<T> = Result<Option<T>, Arc<LogError>>;

/// Look-ups of one kind. By the hash of the secret: what can be timed of a look-up says nothing of a secret.
pub struct Believed<T> {
    known: Cache<Hash, Known<T>>,
    pending: Pending<Found<T>>,
    turns: Arc<Turns>,
}

#[derive(Clone)]
struct Known<T> {
    value: T,
    /// From before the look-up: what it found may have changed since.
    asked_at: Instant,
}

impl<T> Clone for Believed<T> {
    fn clone(&self) -> Self {
        Self { known: self.known.clone(), pending: self.pending.clone(), turns: Arc::clone(&self.turns) }
    }
}

impl<T: Clone + Send + Sync + 'static> Believed<T> {
    #[must_use]
    pub fn new(turns: &Arc<Turns>) -> Self {
        let known = Cache::builder().max_capacity(KEY_CACHE_ENTRIES_MAX).time_to_live(KEY_CACHE_UNANSWERED).build();
        Self { known, pending: Pending::new(), turns: Arc::clone(turns) }
    }

    /// What is known under the hash. Nothing is kept of hashes that are not known: anybody can make them up.
    ///
    /// # Errors
    /// The look-up failed or had no turn in time, or too many secrets that nobody knows are being looked up.
    pub async fn get<F, Fut>(&self, hash: Hash, look_up: F) -> Found<T>
    where
        F: FnOnce(Line) -> Fut + Send + 'static,
        Fut: Future<Output = Result<Option<T>, LogError>> + Send + 'static,
    {
        match self.known(&hash) {
            Some(known) if self.is_believed(&known) => {
                self.refresh_if_stale(&known, hash, look_up);
                Ok(Some(known.value))
            }
            Some(known) => self.ask_again(known, hash, look_up).await,
            None => self.meet(hash, look_up).await,
        }
    }

    /// Forgets what is known, so that the next request asks. A look-up that is under way does not bring it back.
    pub fn forget(&self, hash: &Hash) {
        // In this order: from the first on, nothing older can be kept.
        self.pending.disown(hash);
        self.known.invalidate(hash);
    }

    fn known(&self, hash: &Hash) -> Option<Known<T>> {
        self.known.get(hash).filter(|known| known.asked_at.elapsed() <= KEY_CACHE_UNANSWERED)
    }

    /// Past its time only while the database does not answer: a silence of some other look-up counts, so that not every
    /// secret has to wait for its own.
    fn is_believed(&self, known: &Known<T>) -> bool {
        let age = known.asked_at.elapsed();
        age <= KEY_CACHE_TTL || (age <= KEY_CACHE_UNANSWERED && self.turns.was_in_vain_within(KEY_CACHE_TTL))
    }

    /// Looks up a secret that is not known.
    async fn meet<F, Fut>(&self, hash: Hash, look_up: F) -> Found<T>
    where
        F: FnOnce(Line) -> Fut,
        Fut: Future<Output = Result<Option<T>, LogError>>,
    {
        let _place = self.turns.room()?;
        let waiting = self.pending.join(hash);
        // The look-up before this one may have ended just now.
        if let Some(known) = self.known(&hash) {
            return Ok(Some(known.value));
        }
        self.ask(&waiting, Line::Strangers, hash, look_up).await
    }

    /// What was known is no longer believed, unless the database turns out not to answer.
    async fn ask_again<F, Fut>(&self, known: Known<T>, hash: Hash, look_up: F) -> Found<T>
    where
        F: FnOnce(Line) -> Fut,
        Fut: Future<Output = Result<Option<T>, LogError>>,
    {
        match self.ask(&self.pending.join(hash), Line::Known, hash, look_up).await {
            Err(_) if self.is_believed(&known) => Ok(Some(known.value)),
            found => found,
        }
    }

    /// One request starts the look-up, beside itself; none waits for it.
    fn refresh_if_stale<F, Fut>(&self, known: &Known<T>, hash: Hash, look_up: F)
    where
        F: FnOnce(Line) -> Fut + Send + 'static,
        Fut: Future<Output = Result<Option<T>, LogError>> + Send + 'static,
    {
        if known.asked_at.elapsed() <= KEY_CACHE_FRESH || self.turns.was_in_vain_within(KEY_CACHE_FRESH) {
            return;
        }
        let Some(waiting) = self.pending.begin(hash) else { return };
        let believed = self.clone();
        tokio::spawn(async move { believed.ask(&waiting, Line::Known, hash, look_up).await });
    }

    /// The answer to all who wait for this secret, of one look-up.
    async fn ask<F, Fut>(&self, waiting: &Waiting<Found<T>>, line: Line, hash: Hash, look_up: F) -> Found<T>
    where
        F: FnOnce(Line) -> Fut,
        Fut: Future<Output = Result<Option<T>, LogError>>,
    {
        let looking = async {
            let found = self.look_up(line, look_up).await.map_err(Arc::new);
            waiting.end(|| self.keep(hash, &found));
            found.map(|known| known.map(|known| known.value))
        };
        waiting.answer(looking).await
    }

    async fn look_up<F, Fut>(&self, line: Line, look_up: F) -> Result<Option<Known<T>>, LogError>
    where
        F: FnOnce(Line) -> Fut,
        Fut: Future<Output = Result<Option<T>, LogError>>,
    {
        let _turn = self.turns.wait(line).await?;
        let asked_at = Instant::now();
        let found = look_up(line).await;
        self.turns.note(line, &found);
        Ok(found?.map(|value| Known { value, asked_at }))
    }

    fn keep(&self, hash: Hash, found: &Result<Option<Known<T>>, Arc<LogError>>) {
        match found {
            Ok(Some(known)) => self.known.insert(hash, known.clone()),
            Ok(None) => self.known.invalidate(&hash),
            Err(_) => {}
        }
    }
}

#[cfg(test)]
mod tests;
