//! Look-ups that are under way, by the hash of the secret: who asks for the same one waits for the same answer.
//!
//! Invariant: of one secret at most one look-up may be kept: one that was disowned meanwhile is an answer to those who wait
//! for it, and to nobody after them.

use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::future::Future;
use std::sync::{Arc, Mutex, MutexGuard};

use store::keys::Hash;
use tokio::sync::OnceCell;

/// Look-ups of one kind, with answers that can be told to many.
pub struct Pending<T>(Arc<Mutex<HashMap<Hash, Asked<T>>>>);

/// One look-up, whoever of those who wait for it makes it.
struct Asked<T> {
    answer: Arc<OnceCell<T>>,
    waiting: usize,
}

/// Somebody who waits for a look-up.
pub struct Waiting<T> {
    all: Pending<T>,
    hash: Hash,
    answer: Arc<OnceCell<T>>,
    is_first: bool,
}

impl<T> Clone for Pending<T> {
    fn clone(&self) -> Self {
        Self(Arc::clone(&self.0))
    }
}

impl<T> Pending<T> {
    #[must_use]
    pub fn new() -> Self {
        Self(Arc::default())
    }

    /// Somebody more for the look-up that is under way, or the first one for a new one.
    #[must_use]
    pub fn join(&self, hash: Hash) -> Waiting<T> {
        let mut all = self.lock();
        let asked = all.entry(hash).or_insert_with(|| Asked { answer: Arc::new(OnceCell::new()), waiting: 0 });
        let is_first = asked.waiting == 0;
        asked.waiting += 1;
        Waiting { all: self.clone(), hash, answer: Arc::clone(&asked.answer), is_first }
    }

    /// The look-up that is under way is not to be kept, and nobody else waits for it.
    pub fn disown(&self, hash: &Hash) {
        self.lock().remove(hash);
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<Hash, Asked<T>>> {
        self.0.lock().expect("nothing panics while it is held")
    }
}

impl<T: Clone> Waiting<T> {
    /// The answer. Each of those who wait brings a look-up of its own, and at most one of them is polled: where whoever
    /// makes it goes away, the next one makes its own.
    pub async fn answer(&self, looking: impl Future<Output = T>) -> T {
        self.answer.get_or_init(|| looking).await.clone()
    }
}

impl<T> Waiting<T> {
    /// Whether there was no look-up that it could have joined.
    #[must_use]
    pub fn is_first(&self) -> bool {
        self.is_first
    }

    /// Ends the look-up, and keeps what it found unless it was disowned. Who comes later finds that, or asks anew.
    pub fn end(&self, keep: impl FnOnce()) {
        let mut all = self.all.lock();
        if let Entry::Occupied(asked) = all.entry(self.hash)
            && Arc::ptr_eq(&asked.get().answer, &self.answer)
        {
            asked.remove();
            keep();
        }
    }
}

impl<T> Drop for Waiting<T> {
    fn drop(&mut self) {
        let mut all = self.all.lock();
        if let Entry::Occupied(mut asked) = all.entry(self.hash)
            && Arc::ptr_eq(&asked.get().answer, &self.answer)
        {
            asked.get_mut().waiting -= 1;
            if asked.get().waiting == 0 {
                asked.remove();
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::future::{pending, ready};

    const HASH: Hash = [7; 32];

    #[tokio::test]
    async fn the_next_one_asks_where_the_first_goes_away() {
        let all = Pending::new();
        let (first, next) = (all.join(HASH), all.join(HASH));
        let mut gone = Box::pin(first.answer(pending()));
        assert!(futures::poll!(&mut gone).is_pending());
        let mut waits = Box::pin(next.answer(ready(2)));
        assert!(futures::poll!(&mut waits).is_pending(), "the first one asks");
        drop(gone);
        assert_eq!(waits.await, 2);
    }

    #[test]
    fn nothing_is_left_of_those_who_went_away() {
        let all = Pending::<()>::new();
        let (first, next) = (all.join(HASH), all.join(HASH));
        assert!(first.is_first() && !next.is_first());
        drop(first);
        assert!(!all.join(HASH).is_first(), "the next one still waits");
        drop(next);
        assert!(all.lock().is_empty());
    }

    #[test]
    fn what_was_disowned_is_not_kept_and_ends_nothing_newer() {
        let all = Pending::<()>::new();
        let early = all.join(HASH);
        all.disown(&HASH);
        let late = all.join(HASH);
        early.end(|| panic!("it was disowned"));
        drop(early);
        let mut is_kept = false;
        late.end(|| is_kept = true);
        assert!(is_kept);
    }
}
