//! `payments.recharge_attempts`.
//!
//! Invariant: rows are added from the log and never removed, so that the last position in the table is how far the log
//! has been read; there is no other checkpoint.

use chrono::TimeDelta;
use domain::ids::RechargeId;
use domain::{OrganizationId, Timestamp};
use sqlx::{FromRow, PgPool};
use uuid::Uuid;

use super::attempt::Attempt;
use super::limits::{CLAIM, NOTICED_MAX};
use crate::gateway::{IntentId, OffSessionCharge};

/// Positions of a partition are in the order of their commits and without gaps, so nothing appears behind the last one.
const NOTICE: &str = "
    INSERT INTO payments.recharge_attempts (recharge_id, organization_id, partition, position, requested_at, next_at)
    SELECT e.entity_id, e.aggregate_id, e.partition, e.position, e.occurred_at, $1
    FROM store.heads h CROSS JOIN LATERAL (
        SELECT e.entity_id, e.aggregate_id, e.partition, e.position, e.occurred_at
        FROM store.events e
        WHERE e.partition = h.partition AND e.event_type = 'RechargeRequested' AND e.position > coalesce((
            SELECT max(a.position) FROM payments.recharge_attempts a WHERE a.partition = h.partition), 0)
        ORDER BY e.position LIMIT $2) e
    ON CONFLICT DO NOTHING";

const CLAIM_DUE: &str = "
    UPDATE payments.recharge_attempts a SET next_at = $2
    FROM (
        SELECT d.recharge_id FROM payments.recharge_attempts d
        WHERE d.is_open AND d.next_at <= $1 ORDER BY d.next_at LIMIT $3 FOR UPDATE SKIP LOCKED) due
    WHERE a.recharge_id = due.recharge_id
    RETURNING a.recharge_id, a.organization_id, a.requested_at, a.charge::text, a.sends, a.last_sent_at, a.doubts, a.intent_id";

/// What another node has fixed meanwhile stays.
const FREEZE: &str = "
    UPDATE payments.recharge_attempts SET charge = coalesce(charge, $2::json)
    WHERE recharge_id = $1 AND is_open AND NOT is_shut RETURNING charge::text";

/// Either this or [`FREEZE`], whichever is first.
const SHUT: &str = "
    UPDATE payments.recharge_attempts SET is_shut = true WHERE recharge_id = $1 AND charge IS NULL";

const SENDING: &str = "
    UPDATE payments.recharge_attempts SET sends = sends + 1, last_sent_at = $2, next_at = $3
    WHERE recharge_id = $1 AND is_open AND charge IS NOT NULL";

const FOUND: &str = "
    UPDATE payments.recharge_attempts SET intent_id = $2, doubts = 0 WHERE recharge_id = $1 AND is_open";

const POSTPONE: &str = "
    UPDATE payments.recharge_attempts SET next_at = $2, problem = $3, doubts = doubts + $4
    WHERE recharge_id = $1 AND is_open";

const FINISH: &str = "
    UPDATE payments.recharge_attempts SET is_open = false, outcome = $2, finished_at = $3, problem = NULL
    WHERE recharge_id = $1 AND is_open";

const STANDING: &str = "
    SELECT count(*), min(requested_at) FROM payments.recharge_attempts WHERE is_open";

/// Bytes of a problem that are kept: a sentence.
const PROBLEM_BYTES_MAX: usize = 500;

#[derive(FromRow)]
struct Row {
    recharge_id: Uuid,
    organization_id: String,
    requested_at: Timestamp,
    /// JSON.
    charge: Option<String>,
    sends: i32,
    last_sent_at: Option<Timestamp>,
    doubts: i32,
    intent_id: Option<String>,
}

impl Row {
    fn attempt(self) -> Result<Attempt, sqlx::Error> {
        let organization = OrganizationId::try_new(&self.organization_id);
        Ok(Attempt {
            recharge_id: RechargeId::new(self.recharge_id),
            organization: organization.map_err(|error| sqlx::Error::Decode(Box::new(error)))?,
            requested_at: self.requested_at,
            charge: self.charge.as_deref().map(read).transpose()?,
            sends: self.sends.unsigned_abs(),
            last_sent_at: self.last_sent_at,
            doubts: self.doubts.unsigned_abs(),
            intent: self.intent_id.map(IntentId::new),
        })
    }
}

fn read(charge: &str) -> Result<OffSessionCharge, sqlx::Error> {
    serde_json::from_str(charge).map_err(|error| sqlx::Error::Decode(Box::new(error)))
}

/// The attempts of all nodes.
#[derive(Clone, Debug)]
pub struct Attempts {
    pool: PgPool,
}

impl Attempts {
    #[must_use]
    pub fn new(pool: PgPool) -> Self {
        Self { pool }
    }

    /// Adds a row for each request in the log that has none; answers how many.
    pub async fn notice(&self, now: Timestamp) -> Result<u64, sqlx::Error> {
        let added = sqlx::query(NOTICE).bind(now).bind(NOTICED_MAX).execute(&self.pool).await?;
        Ok(added.rows_affected())
    }

    /// Takes attempts that are due; nobody else is given them until the claim ends.
    pub async fn claim(&self, now: Timestamp, limit: usize) -> Result<Vec<Attempt>, sqlx::Error> {
        let limit = i64::try_from(limit).unwrap_or(i64::MAX);
        let rows: Vec<Row> =
            sqlx::query_as(CLAIM_DUE).bind(now).bind(now + CLAIM).bind(limit).fetch_all(&self.pool).await?;
        rows.into_iter().map(Row::attempt).collect()
    }

    /// Fixes what will be sent, and answers what is fixed; `None` where nothing will be.
    pub async fn freeze(
        &self,
        id: RechargeId,
        charge: &OffSessionCharge,
    ) -> Result<Option<OffSessionCharge>, sqlx::Error> {
        let text = serde_json::to_string(charge).map_err(|error| sqlx::Error::Encode(Box::new(error)))?;
        let query = sqlx::query_scalar::<_, String>(FREEZE).bind(id.entity()).bind(text);
        query.fetch_optional(&self.pool).await?.as_deref().map(read).transpose()
    }

    /// Makes sure that nothing will ever be sent; answers whether that is so.
    pub async fn shut(&self, id: RechargeId) -> Result<bool, sqlx::Error> {
        let shut = sqlx::query(SHUT).bind(id.entity()).execute(&self.pool).await?;
        Ok(shut.rows_affected() == 1)
    }

    /// Notes that it is being sent, before it is; answers whether it may be.
    pub async fn sending(&self, id: RechargeId, now: Timestamp) -> Result<bool, sqlx::Error> {
        let noted = sqlx::query(SENDING).bind(id.entity()).bind(now).bind(now + CLAIM).execute(&self.pool).await?;
        Ok(noted.rows_affected() == 1)
    }

    pub async fn found(&self, id: RechargeId, intent: &IntentId) -> Result<(), sqlx::Error> {
        sqlx::query(FOUND).bind(id.entity()).bind(intent.as_str()).execute(&self.pool).await.map(drop)
    }

    /// Looks at it again later. `is_doubt`: an answer left the outcome unknown.
    pub async fn postpone(
        &self,
        id: RechargeId,
        now: Timestamp,
        pause: TimeDelta,
        problem: Option<&str>,
        is_doubt: bool,
    ) -> Result<(), sqlx::Error> {
        let problem = problem.map(|text| &text[..text.floor_char_boundary(PROBLEM_BYTES_MAX)]);
        let query = sqlx::query(POSTPONE).bind(id.entity()).bind(now + pause).bind(problem).bind(i32::from(is_doubt));
        query.execute(&self.pool).await.map(drop)
    }

    pub async fn finish(&self, id: RechargeId, outcome: &str, now: Timestamp) -> Result<(), sqlx::Error> {
        sqlx::query(FINISH).bind(id.entity()).bind(outcome).bind(now).execute(&self.pool).await.map(drop)
    }

    /// How many are open, and since when the oldest one is.
    pub async fn standing(&self) -> Result<(i64, Option<Timestamp>), sqlx::Error> {
        sqlx::query_as(STANDING).fetch_one(&self.pool).await
    }
}
