//! Why a look-up found nothing out: whether what was known is believed without it hangs on that.

use std::sync::Arc;

use store::log::LogError;
use tokio::task::JoinError;

/// Told to all who waited for the look-up.
#[derive(Clone, Debug)]
pub enum Failed {
    /// It was never asked, because of others in line: that says nothing of the database.
    NoTurn(Arc<LogError>),
    /// The database did not answer it, or one before it in line.
    Unanswered(Arc<LogError>),
    /// Anything else, such as an answer that cannot be read.
    Other(Arc<LogError>),
}

impl Failed {
    #[must_use]
    pub fn no_turn(why: &'static str) -> Self {
        Self::NoTurn(Arc::new(LogError::Unavailable(why.into())))
    }

    #[must_use]
    pub fn unanswered(why: &'static str) -> Self {
        Self::Unanswered(Arc::new(LogError::Unavailable(why.into())))
    }

    #[must_use]
    pub fn error(&self) -> &LogError {
        match self {
            Self::NoTurn(error) | Self::Unanswered(error) | Self::Other(error) => error,
        }
    }
}

impl From<LogError> for Failed {
    /// Of a look-up that had its turn. A statement that the server ended with an error counts as silence, too: it tells
    /// nothing of the secret.
    fn from(error: LogError) -> Self {
        match error {
            LogError::Unavailable(_) => Self::Unanswered(Arc::new(error)),
            _ => Self::Other(Arc::new(error)),
        }
    }
}

impl From<JoinError> for Failed {
    /// A defect here, of which the database knows nothing.
    fn from(panicked: JoinError) -> Self {
        Self::Other(Arc::new(LogError::Unavailable(Box::new(panicked))))
    }
}
