//! Why a query has no answer.

use super::cursor::CursorError;

#[derive(Debug, thiserror::Error)]
pub enum QueryError {
    #[error(transparent)]
    Cursor(#[from] CursorError),
    #[error("the read tables cannot be read")]
    Database(#[from] sqlx::Error),
}
