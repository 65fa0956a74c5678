//! What was looked up by the hash of a secret, believed for some seconds so that no request waits for a look-up.
//!
//! Invariant: what the database no longer says is believed for [`KEY_CACHE_TTL`] at most; while it does not answer, for
//! [`KEY_CACHE_UNANSWERED`]. It does not answer when the last look-up of a known secret, whichever, was in vain.
//! Invariant: what was asked earlier never stands in for what was asked, or forgotten, later.

use std::future::Future;
use std::sync::Arc;
use std::time::Duration;

use moka::sync::Cache;
use store::keys::Hash;
use store::log::LogError;
use tokio::task::JoinHandle;
use tokio::time::Instant;

use crate::auth::failed::Failed;
use crate::auth::pending::{Pending, Waiting};
use crate::auth::turns::{Line, Turns};
use crate::limits::{KEY_CACHE_ENTRIES_MAX, KEY_CACHE_FRESH, KEY_CACHE_TTL, KEY_CACHE_UNANSWERED};

/// What a look-up found, for all who waited for it.
pub type Found<T> = Result<Option<T>, Failed>;

/// Look-ups of one kind. By the hash of the secret: what can be timed of a look-up says nothing of a secret.
pub struct Believed<T> {
    beliefs: Cache<Hash, Belief<T>>,
    pending: Pending<Found<T>>,
    turns: Arc<Turns>,
}

#[derive(Clone)]
struct Belief<T> {
    value: T,
    /// From before the look-up: what it found may have changed since.
    asked_at: Instant,
}

impl<T> Belief<T> {
    fn age(&self) -> Duration {
        self.asked_at.elapsed()
    }

    /// Whether it is believed no longer, even while the database does not answer.
    fn is_too_old(&self) -> bool {
        self.age() > KEY_CACHE_UNANSWERED
    }
}

impl<T> Clone for Believed<T> {
    fn clone(&self) -> Self {
        Self { beliefs: self.beliefs.clone(), pending: self.pending.clone(), turns: Arc::clone(&self.turns) }
    }
}

impl<T: Clone + Send + Sync + 'static> Believed<T> {
    #[must_use]
    pub fn new(turns: &Arc<Turns>) -> Self {
        let beliefs = Cache::builder().max_capacity(KEY_CACHE_ENTRIES_MAX).time_to_live(KEY_CACHE_UNANSWERED).build();
        Self { beliefs, pending: Pending::new(), turns: Arc::clone(turns) }
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
        match self.belief(&hash) {
            Some(belief) if self.is_believed(&belief) => {
                self.refresh_if_stale(&belief, hash, look_up);
                Ok(Some(belief.value))
            }
            Some(belief) => self.ask_again(belief, hash, look_up).await,
            None => self.meet(hash, look_up).await,
        }
    }

    /// Forgets what is known, so that the next request asks. A look-up that is under way does not bring it back.
    pub fn forget(&self, hash: &Hash) {
        // In this order: from the first on, nothing older can be kept.
        self.pending.disown(hash);
        self.beliefs.invalidate(hash);
    }

    fn belief(&self, hash: &Hash) -> Option<Belief<T>> {
        self.beliefs.get(hash).filter(|belief| !belief.is_too_old())
    }

    /// Past its time only while the database does not answer: a silence of some other look-up counts, so that not every
    /// secret has to wait for its own.
    fn is_believed(&self, belief: &Belief<T>) -> bool {
        belief.age() <= KEY_CACHE_TTL || (!belief.is_too_old() && self.turns.is_away())
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
        if let Some(belief) = self.belief(&hash).filter(|belief| self.is_believed(belief)) {
            return Ok(Some(belief.value));
        }
        self.ask(&waiting, Line::Strangers, hash, look_up).await
    }

    /// What was known is no longer believed, unless the database does not answer this look-up: what others learn of it
    /// meanwhile says nothing of this secret.
    async fn ask_again<F, Fut>(&self, belief: Belief<T>, hash: Hash, look_up: F) -> Found<T>
    where
        F: FnOnce(Line) -> Fut + Send + 'static,
        Fut: Future<Output = Result<Option<T>, LogError>> + Send + 'static,
    {
        let waiting = self.pending.join(hash);
        let found = if waiting.is_first() {
            self.ask_beside(waiting, hash, look_up).await.unwrap_or_else(|panicked| Err(panicked.into()))
        } else {
            self.ask(&waiting, Line::Known, hash, look_up).await
        };
        match found {
            Err(Failed::Unanswered(_)) if !belief.is_too_old() => Ok(Some(belief.value)),
            found => found,
        }
    }

    /// One request starts the look-up; none waits for it.
    fn refresh_if_stale<F, Fut>(&self, belief: &Belief<T>, hash: Hash, look_up: F)
    where
        F: FnOnce(Line) -> Fut + Send + 'static,
        Fut: Future<Output = Result<Option<T>, LogError>> + Send + 'static,
    {
        if belief.age() <= KEY_CACHE_FRESH || self.turns.was_in_vain_just_now() {
            return;
        }
        let waiting = self.pending.join(hash);
        if waiting.is_first() {
            self.ask_beside(waiting, hash, look_up);
        }
    }

    /// Beside the request, which may go away first: the look-up of a known secret ends all the same, because only one
    /// that ends tells whether the database answers. Should a request that joined it be polled first, this one is next.
    fn ask_beside<F, Fut>(&self, waiting: Waiting<Found<T>>, hash: Hash, look_up: F) -> JoinHandle<Found<T>>
    where
        F: FnOnce(Line) -> Fut + Send + 'static,
        Fut: Future<Output = Result<Option<T>, LogError>> + Send + 'static,
    {
        let believed = self.clone();
        tokio::spawn(async move { believed.ask(&waiting, Line::Known, hash, look_up).await })
    }

    /// The answer to all who wait for this secret, of one look-up.
    async fn ask<F, Fut>(&self, waiting: &Waiting<Found<T>>, line: Line, hash: Hash, look_up: F) -> Found<T>
    where
        F: FnOnce(Line) -> Fut,
        Fut: Future<Output = Result<Option<T>, LogError>>,
    {
        let looking = async {
            let found = self.take_turn(line, look_up).await;
            // Before the answer is told, and with no await in between: who comes after this finds the belief, and who
            // came before it the answer.
            waiting.end(|| self.keep(hash, &found));
            found.map(|belief| belief.map(|belief| belief.value))
        };
        waiting.answer(looking).await
    }

    async fn take_turn<F, Fut>(&self, line: Line, look_up: F) -> Result<Option<Belief<T>>, Failed>
    where
        F: FnOnce(Line) -> Fut,
        Fut: Future<Output = Result<Option<T>, LogError>>,
    {
        let _turn = self.turns.wait(line).await?;
        let asked_at = Instant::now();
        let found = look_up(line).await.map_err(Failed::from);
        self.turns.note(line, &found);
        Ok(found?.map(|value| Belief { value, asked_at }))
    }

    fn keep(&self, hash: Hash, found: &Result<Option<Belief<T>>, Failed>) {
        match found {
            Ok(Some(belief)) => self.beliefs.insert(hash, belief.clone()),
            Ok(None) => self.beliefs.invalidate(&hash),
            Err(_) => {}
        }
    }
}

#[cfg(test)]
mod tests;
