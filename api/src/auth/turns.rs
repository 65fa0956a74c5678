//! Whose turn it is to be looked up, and whether the database answers.
//!
//! Invariant: secrets that are not known, which anybody can make up, hold few of the permits of requests, and never a turn,
//! or a connection, of known ones.
//! Invariant: only a look-up that had its turn tells that the database does not answer: waiting for one tells nothing.

use std::sync::Mutex;
use std::time::Duration;

use store::log::LogError;
use tokio::sync::{Semaphore, SemaphorePermit};
use tokio::time::{Instant, timeout};

use crate::limits::{KNOWN_SECRETS_AT_ONCE, LOOK_UP_MAX, UNKNOWN_SECRETS_AT_ONCE, UNKNOWN_SECRETS_WAITING};

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
    pub fn room(&self) -> Result<SemaphorePermit<'_>, LogError> {
        self.room.try_acquire().map_err(|_| unavailable("too many unknown secrets wait to be looked up"))
    }

    /// Waits for a turn: who came first is first.
    ///
    /// # Errors
    /// It did not come in time, or a known secret before this one has just been asked for in vain.
    pub async fn wait(&self, line: Line) -> Result<SemaphorePermit<'_>, LogError> {
        let came_at = Instant::now();
        let turns = match line {
            Line::Known => &self.known,
            Line::Strangers => &self.strangers,
        };
        let turn = timeout(LOOK_UP_MAX, turns.acquire()).await;
        // What is in line is not asked for one after the other while nothing answers.
        if line == Line::Known && self.unanswered_at().is_some_and(|at| at >= came_at) {
            return Err(unavailable("the database has not answered others"));
        }
        let in_time = turn.map_err(|_| unavailable("a secret's turn to be looked up did not come"))?;
        Ok(in_time.expect("nobody closes it"))
    }

    /// What came of a turn. Strangers' tell nothing: they could be made to fail.
    pub fn note<T>(&self, line: Line, found: &Result<T, LogError>) {
        match (line, found) {
            (Line::Known, Err(LogError::Unavailable(error))) => {
                tracing::warn!(%error, "a known key could not be looked up again");
                self.note_unanswered(Some(Instant::now()));
            }
            // Whatever else went wrong, the database did answer.
            (Line::Known, _) => self.note_unanswered(None),
            (Line::Strangers, _) => {}
        }
    }

    /// Whether the database was last asked in vain, and so lately.
    #[must_use]
    pub fn was_in_vain_within(&self, ago: Duration) -> bool {
        self.unanswered_at().is_some_and(|at| at.elapsed() <= ago)
    }

    fn unanswered_at(&self) -> Option<Instant> {
        *self.unanswered_at.lock().expect("nothing panics while it is held")
    }

    pub(super) fn note_unanswered(&self, at: Option<Instant>) {
        *self.unanswered_at.lock().expect("nothing panics while it is held") = at;
    }
}

fn unavailable(why: &'static str) -> LogError {
    LogError::Unavailable(why.into())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn waiting_in_vain_for_a_turn_does_not_say_that_the_database_is_away() {
        let turns = Turns::new();
        let mut taken = Vec::new();
        for _ in 0..Line::Known.turns() {
            taken.push(turns.wait(Line::Known).await.expect("there is one"));
        }
        let _a_stranger = turns.wait(Line::Strangers).await.expect("they have their own");
        assert!(turns.wait(Line::Known).await.is_err(), "it ends");
        assert!(!turns.was_in_vain_within(LOOK_UP_MAX * 2));
    }

    #[test]
    fn only_a_known_secret_that_was_asked_for_in_vain_says_so() {
        let turns = Turns::new();
        let (away, corrupt) = (Err(unavailable("away")), Err(LogError::Corrupt("a row".into())));
        let says = |line, found: &Result<(), LogError>| {
            turns.note(line, found);
            turns.was_in_vain_within(LOOK_UP_MAX)
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
