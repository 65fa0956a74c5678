//! Rows of `payments.refunds`.

use domain::ids::PurchaseId;
use domain::{OrganizationId, Timestamp};
use sqlx::PgPool;
use sqlx::types::Json;
use uuid::Uuid;

use crate::gateway::{IntentId, RefundId, RefundRequest};

const NOTE: &str = "INSERT INTO payments.refunds \
                    (command_id, organization_id, purchase_id, request_hash, request, actor, created_at) \
                    VALUES ($1, $2, $3, $4, $5, $6, $7) ON CONFLICT (command_id) DO NOTHING";
const FIND: &str = "SELECT purchase_id, request_hash, request, created_at, refund_id, refusal FROM payments.refunds \
                    WHERE command_id = $1";
const ANSWERED: &str =
    "UPDATE payments.refunds SET refund_id = $2 WHERE command_id = $1 AND refund_id IS NULL AND refusal IS NULL";
const REFUSED: &str =
    "UPDATE payments.refunds SET refusal = $2 WHERE command_id = $1 AND refund_id IS NULL AND refusal IS NULL";
const ACTOR: &str = "SELECT actor FROM payments.refunds WHERE refund_id = $1";
const UNANSWERED: &str = "SELECT request FROM payments.refunds WHERE refund_id IS NULL AND refusal IS NULL \
                          AND created_at > $1 AND created_at <= $2 ORDER BY created_at LIMIT $3";

/// A refund as far as it has come.
#[derive(Debug, sqlx::FromRow)]
pub(super) struct Row {
    pub purchase_id: Uuid,
    pub request_hash: Vec<u8>,
    pub request: Json<RefundRequest>,
    pub created_at: Timestamp,
    pub refund_id: Option<String>,
    pub refusal: Option<String>,
}

/// What is written down before the first try.
pub(super) struct Noted<'a> {
    pub command: Uuid,
    pub organization: &'a OrganizationId,
    pub purchase: PurchaseId,
    pub hash: &'a [u8; 32],
    pub request: &'a RefundRequest,
    pub actor: &'a str,
    pub now: Timestamp,
}

pub(super) async fn note(pool: &PgPool, noted: &Noted<'_>) -> Result<(), sqlx::Error> {
    let query = sqlx::query(NOTE).bind(noted.command).bind(noted.organization.as_str()).bind(noted.purchase.entity());
    let query = query.bind(noted.hash.as_slice()).bind(Json(noted.request)).bind(noted.actor).bind(noted.now);
    query.execute(pool).await.map(drop)
}

pub(super) async fn find(pool: &PgPool, command: Uuid) -> Result<Option<Row>, sqlx::Error> {
    sqlx::query_as(FIND).bind(command).fetch_optional(pool).await
}

pub(super) async fn answered(pool: &PgPool, command: Uuid, refund: &RefundId) -> Result<(), sqlx::Error> {
    sqlx::query(ANSWERED).bind(command).bind(refund.as_str()).execute(pool).await.map(drop)
}

pub(super) async fn refused(pool: &PgPool, command: Uuid, refusal: &str) -> Result<(), sqlx::Error> {
    sqlx::query(REFUSED).bind(command).bind(refusal).execute(pool).await.map(drop)
}

/// Who asked for a refund; `None`: somebody elsewhere did.
pub(crate) async fn actor(pool: &PgPool, refund: &str) -> Result<Option<String>, sqlx::Error> {
    sqlx::query_scalar(ACTOR).bind(refund).fetch_optional(pool).await
}

/// Payments with a refund whose outcome nobody has heard of, asked for in this time.
pub(crate) async fn unanswered(
    pool: &PgPool,
    after: Timestamp,
    before: Timestamp,
    limit: i64,
) -> Result<Vec<IntentId>, sqlx::Error> {
    let query = sqlx::query_scalar(UNANSWERED).bind(after).bind(before).bind(limit);
    let found: Vec<Json<RefundRequest>> = query.fetch_all(pool).await?;
    Ok(found.into_iter().map(|Json(request)| request.intent).collect())
}
