//! Whose turn it is to be looked up, and whether the database answers.
//!
//! Invariant: secrets that are not known, which anybody can make up, hold half of the permits of requests at most, and
//! never a turn, or a connection, of known ones.
//! Invariant: only a look-up that had its turn tells that the database does not answer: waiting for one tells nothing.

use std::sync::Mutex;
use std::time::Duration;

use tokio::sync::{Semaphore, SemaphorePermit};
use tokio::time::{Instant, timeout};

use crate::auth::failed::Failed;
use crate::limits::{
    KEY_CACHE_FRESH, KEY_CACHE_TTL, KNOWN_SECRETS_AT_ONCE, LOOK_UP_MAX, UNKNOWN_SECRETS_AT_ONCE,
    UNKNOWN_SECRETS_WAITING,
};

/// Where a look-up waits. Each line has connections of its own, one for each turn.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Line {
    Known,
    Strangers,
}

impl Line {
    #[must_use]
    pub fn turns(self) -> u16 {
        match self {
            Self::Known => KNOWN_SECRETS_AT_ONCE,
            Self::Strangers => UNKNOWN_SECRETS_AT_ONCE,
        }
    }
}

/// The lines of one node, for all kinds of secrets.
pub struct Turns {
    known: Semaphore,
    strangers: Semaphore,
    /// For requests of strangers, in line or looked up.
    room: Semaphore,
    /// When a known secret was last looked up in vain, if none was answered since.
    unanswered_at: Mutex<Option<Instant>>,
}

impl Turns {
    #[must_use]
    pub fn new() -> Self {
        let turns = |line: Line| Semaphore::new(line.turns().into());
        let (known, strangers) = (turns(Line::Known), turns(Line::Strangers));
        Self { known, strangers, room: Semaphore::new(UNKNOWN_SECRETS_WAITING), unanswered_at: Mutex::new(None) }
    }

    /// A place for a stranger's request.
    ///
    /// # Errors
    /// All are taken.
    pub fn room(&self) -> Result<SemaphorePermit<'_>, Failed> {
        self.room.try_acquire().map_err(|_| Failed::no_turn("too many unknown secrets wait to be looked up"))
    }

    /// Waits for a turn: who came first is first.
    ///
    /// # Errors
    /// It did not come in time, or a known secret before this one has just been asked for in vain.
    pub async fn wait(&self, line: Line) -> Result<SemaphorePermit<'_>, Failed> {
        let came_at = Instant::now();
        let turns = match line {
            Line::Known => &self.known,
            Line::Strangers => &self.strangers,
        };
        let turn = timeout(LOOK_UP_MAX, turns.acquire()).await;
        // What is in line is not asked for one after the other while nothing answers.
        if line == Line::Known && self.unanswered_at().is_some_and(|at| at >= came_at) {
            return Err(Failed::unanswered("the database has not answered others"));
        }
        let in_time = turn.map_err(|_| Failed::no_turn("a secret's turn to be looked up did not come"))?;
        Ok(in_time.expect("nobody closes it"))
    }

    /// What came of a turn. Strangers' tell nothing: they could be made to fail.
    pub fn note<T>(&self, line: Line, found: &Result<T, Failed>) {
        if line == Line::Strangers {
            return;
        }
        if let Err(failed) = found {
            tracing::warn!(error = %failed.error(), "a known key could not be looked up again");
        }
        let is_unanswered = matches!(found, Err(Failed::Unanswered(_)));
        self.note_unanswered(is_unanswered.then(Instant::now));
    }

    /// Whether the database counts as away: the last look-up of a known secret was in vain, and lately enough to tell.
    #[must_use]
    pub fn is_away(&self) -> bool {
        self.was_in_vain_within(KEY_CACHE_TTL)
    }

    /// Whether a look-up was in vain so lately that none is begun beside a request.
    #[must_use]
    pub fn was_in_vain_just_now(&self) -> bool {
        self.was_in_vain_within(KEY_CACHE_FRESH)
    }

    fn was_in_vain_within(&self, ago: Duration) -> bool {
        self.unanswered_at().is_some_and(|at| at.elapsed() <= ago)
    }

    fn unanswered_at(&self) -> Option<Instant> {
        *self.unanswered_at.lock().expect("nothing panics while it is held")
    }

    pub(super) fn note_unanswered(&self, at: Option<Instant>) {
        *self.unanswered_at.lock().expect("nothing panics while it is held") = at;
    }
}

#[cfg(test)]
mod tests {
    use store::log::LogError;

    use super::*;

    #[tokio::test]
    async fn waiting_in_vain_for_a_turn_does_not_say_that_the_database_is_away() {
        let turns = Turns::new();
        let mut taken = Vec::new();
        for _ in 0..Line::Known.turns() {
            taken.push(turns.wait(Line::Known).await.expect("there is one"));
        }
        let _a_stranger = turns.wait(Line::Strangers).await.expect("they have their own");
        assert!(matches!(turns.wait(Line::Known).await, Err(Failed::NoTurn(_))), "it ends");
        assert!(!turns.is_away());
    }

    #[test]
    fn only_a_known_secret_that_was_asked_for_in_vain_says_so() {
        let turns = Turns::new();
        let (away, corrupt) = (Err(Failed::unanswered("away")), Err(LogError::Corrupt("a row".into()).into()));
        let says = |line, found: &Result<(), Failed>| {
            turns.note(line, found);
            turns.is_away()
        };
        assert!(!says(Line::Strangers, &away), "anybody can cause those");
        assert!(!says(Line::Known, &corrupt), "it answered");
        assert!(says(Line::Known, &away));
        assert!(says(Line::Strangers, &Ok(())), "nor does a stranger say that it answers");
        assert!(!says(Line::Known, &Ok(())));
    }

    #[tokio::test]
    async fn strangers_have_their_turn_in_the_order_in_which_they_came() {
        let turns = Turns::new();
        let mut taken = Vec::new();
        for _ in 0..Line::Strangers.turns() {
            taken.push(turns.wait(Line::Strangers).await.expect("there is one"));
        }
        let (mut first, mut second) = (Box::pin(turns.wait(Line::Strangers)), Box::pin(turns.wait(Line::Strangers)));
        assert!(futures::poll!(&mut first).is_pending());
        assert!(futures::poll!(&mut second).is_pending());
        drop(taken.pop());
        assert!(futures::poll!(&mut second).is_pending());
        assert!(futures::poll!(&mut first).is_ready());
    }
}
