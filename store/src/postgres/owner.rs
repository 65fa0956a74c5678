//! Whose an entity is, for people who have only its id.

use sqlx::PgPool;
use uuid::Uuid;

use super::answer::answered;
use crate::log::LogError;

/// The organization of the entity's events. No index leads there: every row may be looked at, so no request may ask.
///
/// # Errors
/// The database does not answer.
pub async fn owner_of(pool: &PgPool, entity: Uuid) -> Result<Option<String>, LogError> {
    let sql = "SELECT e.aggregate_id FROM store.events e WHERE e.entity_id = $1 LIMIT 1";
    answered(sqlx::query_scalar(sql).bind(entity).fetch_optional(pool)).await
}
