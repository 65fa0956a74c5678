//! Why a query has no answer.

use super::cursor::CursorError;

#[derive(Debug, thiserror::Error)]
pub enum QueryError {
    #[error(transparent)]
    Cursor(#[from] CursorError),
    /// Other callers' sums take all the room that there is for them.
    #[error("too many sums are being computed")]
    Busy,
    #[error("the read tables cannot be read")]
    Database(#[from] sqlx::Error),
}
