//! Made-up history to ask questions of: `credit-ledger demo-history`. The analysts' guide prints what it answers.
//!
//! Invariant: only an empty ledger is given a past; nothing is ever put before what has happened.
//! Absent: HTTP. Nobody may choose the time of a command through the API, and a history needs to.

mod story;

use std::sync::{Arc, Mutex};
use std::time::Duration;

use domain::Timestamp;
use store::log::{Log, LogError};
use store::{Clock, CommandRequest, EventMetadata, ExecuteError, Ledger, Limits};

use crate::clock::SystemClock;
use story::{Step, story};

/// Longer than the story takes to write: time passes by its steps alone.
const NEVER: Duration = Duration::from_secs(24 * 3_600);

/// Why no history was written.
#[derive(Debug, thiserror::Error)]
pub enum HistoryError {
    #[error("the ledger is not empty")]
    NotEmpty,
    #[error("the log cannot be read")]
    Log(#[from] LogError),
    #[error("the ledger gives no outcome")]
    Ledger(#[source] ExecuteError),
}

/// The story's time; the machine's own clock is still the one that the database's is compared with.
struct StoryClock {
    now: Mutex<Timestamp>,
    machine: SystemClock,
}

impl Clock for StoryClock {
    fn now(&self) -> Timestamp {
        *self.now.lock().expect("no code panics while it holds the time")
    }

    fn machine_now(&self) -> Timestamp {
        self.machine.machine_now()
    }
}

/// Writes the story into an empty ledger; answers how many commands were accepted, and how many refused.
///
/// # Errors
/// [`HistoryError`].
pub async fn write(log: Arc<dyn Log>) -> Result<(u32, u32), HistoryError> {
    if log.ends().await?.iter().any(|end| *end > 0) {
        return Err(HistoryError::NotEmpty);
    }
    let story = story();
    let clock = Arc::new(StoryClock { now: Mutex::new(Timestamp::UNIX_EPOCH), machine: SystemClock::new() });
    let limits = Limits { sweep_interval: NEVER, ..Limits::default() };
    let ledger = Ledger::start_with(log, Arc::clone(&clock) as _, limits);
    let (mut accepted, mut refused) = (0, 0);
    for step in story {
        *clock.now.lock().expect("no code panics while it holds the time") = step.at;
        match ledger.execute(request(step)).await {
            Ok(_) => accepted += 1,
            // Running out of credits is part of the story.
            Err(ExecuteError::Refused(_)) => refused += 1,
            Err(error) => return Err(HistoryError::Ledger(error)),
        }
    }
    ledger.shutdown().await;
    Ok((accepted, refused))
}

fn request(step: Step) -> CommandRequest {
    let metadata = EventMetadata { actor: "system:demo".to_owned(), request_id: None, causation_id: None };
    // No request was sent that could be compared with: the hash is that of none.
    CommandRequest {
        organization: step.organization,
        key: Some((step.key, [0; 32])),
        command: step.command,
        metadata,
        welcome: None,
    }
}
