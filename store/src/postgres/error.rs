//! What a failure of the database means for a command that waits.

use sqlx::postgres::{PgDatabaseError, PgSeverity};

use crate::log::LogError;

/// A failure of a statement that writes and commits by itself, or of a commit.
pub(super) fn of_append(error: sqlx::Error) -> LogError {
    match verdict(&error) {
        Verdict::Unknown => LogError::OutcomeUnknown(Box::new(error)),
        Verdict::Rejected => LogError::Rejected(Box::new(error)),
        Verdict::NotDone => LogError::Unavailable(Box::new(error)),
    }
}

/// A failure of a statement that changes nothing, or whose transaction was not asked to commit.
pub(crate) fn of_read(error: sqlx::Error) -> LogError {
    match error {
        sqlx::Error::Decode(source) => LogError::Corrupt(source.to_string()),
        sqlx::Error::ColumnDecode { index, source } => LogError::Corrupt(format!("column {index}: {source}")),
        other => LogError::Unavailable(Box::new(other)),
    }
}

enum Verdict {
    /// The answer was lost; the commit may have happened.
    Unknown,
    /// A value was refused: trying again cannot help.
    Rejected,
    /// The transaction was rolled back.
    NotDone,
}

fn verdict(error: &sqlx::Error) -> Verdict {
    let sqlx::Error::Database(database) = error else { return Verdict::Unknown };
    let error = database.downcast_ref::<PgDatabaseError>();
    match error.severity() {
        // The server ended the session, perhaps while it waited for the commit to reach a standby.
        PgSeverity::Fatal | PgSeverity::Panic => Verdict::Unknown,
        PgSeverity::Error
        | PgSeverity::Warning
        | PgSeverity::Notice
        | PgSeverity::Debug
        | PgSeverity::Info
        | PgSeverity::Log => of_code(error.code()),
    }
}

fn of_code(code: &str) -> Verdict {
    match code.get(..2) {
        // Data exceptions and integrity violations.
        Some("22" | "23") => Verdict::Rejected,
        // Connection exceptions.
        Some("08") => Verdict::Unknown,
        // Statement completion unknown.
        _ if code == "40003" => Verdict::Unknown,
        _ => Verdict::NotDone,
    }
}
