//! Rows of `payments.reconciliations`, and what is open in `payments.checkouts`.

use chrono::TimeDelta;
use domain::ids::PurchaseId;
use domain::{OrganizationId, Timestamp};
use sqlx::PgPool;
use uuid::Uuid;

use super::limits::{OPEN_AFTER, OPEN_AT_ONCE};
use crate::gateway::{CheckoutId, IntentId};

/// `-infinity` has no place in a timestamp of ours.
const COVERED: &str = "SELECT nullif(covered_to, '-infinity') FROM payments.reconciliations WHERE name = $1";
const CLAIM: &str = "UPDATE payments.reconciliations SET next_at = $3 WHERE name = $1 AND next_at <= $2 RETURNING true";
const POSTPONE: &str = "UPDATE payments.reconciliations SET next_at = $2 WHERE name = $1";
/// Two runs may overlap: the later one vouches for more.
const DONE: &str = "UPDATE payments.reconciliations SET covered_to = greatest(covered_to, $2), ran_at = $3, seen = $4, \
                    missed = $5, unsettled = $6 WHERE name = $1";
/// Looks get rarer as a page gets older: from ten minutes to six hours.
const CLAIM_OPEN: &str = "
    UPDATE payments.checkouts c
    SET look_at = $1 + least(greatest(($1 - c.created_at) / 4, interval '10 minutes'), interval '6 hours')
    FROM (
        SELECT d.purchase_id FROM payments.checkouts d
        WHERE d.session_id IS NOT NULL AND NOT d.settled AND d.look_at <= $1 AND d.created_at <= $2
        ORDER BY d.look_at LIMIT $3 FOR UPDATE SKIP LOCKED) due
    WHERE c.purchase_id = due.purchase_id
    RETURNING c.organization_id, c.purchase_id, c.session_id, c.created_at";
const SETTLED: &str = "UPDATE payments.checkouts SET settled = true WHERE purchase_id = $1";
const BOOKED: &str = "SELECT intent_id, organization_id, purchase_id FROM payments.payments WHERE noted_at >= $1";

/// A kind of reconciliation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Name {
    Events,
    Payments,
}

impl Name {
    const fn text(self) -> &'static str {
        match self {
            Self::Events => "events",
            Self::Payments => "payments",
        }
    }
}

/// How a run ended.
#[derive(Clone, Copy, Debug)]
pub(super) struct Ran {
    pub covered_to: Timestamp,
    pub at: Timestamp,
    pub seen: u64,
    pub missed: u64,
    pub unsettled: u64,
}

/// A page that may have been paid.
pub(super) struct Open {
    pub organization: OrganizationId,
    pub purchase: PurchaseId,
    pub session: CheckoutId,
    pub created_at: Timestamp,
}

/// `None`: it never ran.
pub(super) async fn covered(pool: &PgPool, name: Name) -> Result<Option<Timestamp>, sqlx::Error> {
    sqlx::query_scalar(COVERED).bind(name.text()).fetch_one(pool).await
}

/// Whether it is due; nobody else is told so before `pause` is over.
pub(super) async fn claim(pool: &PgPool, name: Name, now: Timestamp, pause: TimeDelta) -> Result<bool, sqlx::Error> {
    let claimed: Option<bool> =
        sqlx::query_scalar(CLAIM).bind(name.text()).bind(now).bind(now + pause).fetch_optional(pool).await?;
    Ok(claimed.is_some())
}

pub(super) async fn postpone(pool: &PgPool, name: Name, to: Timestamp) -> Result<(), sqlx::Error> {
    sqlx::query(POSTPONE).bind(name.text()).bind(to).execute(pool).await.map(drop)
}

pub(super) async fn done(pool: &PgPool, name: Name, ran: &Ran) -> Result<(), sqlx::Error> {
    let count = |count: u64| i64::try_from(count).unwrap_or(i64::MAX);
    let query = sqlx::query(DONE).bind(name.text()).bind(ran.covered_to).bind(ran.at);
    let query = query.bind(count(ran.seen)).bind(count(ran.missed)).bind(count(ran.unsettled));
    query.execute(pool).await.map(drop)
}

pub(super) async fn claim_open(pool: &PgPool, now: Timestamp) -> Result<Vec<Open>, sqlx::Error> {
    let query = sqlx::query_as(CLAIM_OPEN).bind(now).bind(now - OPEN_AFTER).bind(OPEN_AT_ONCE);
    let rows: Vec<(String, Uuid, String, Timestamp)> = query.fetch_all(pool).await?;
    rows.into_iter()
        .map(|(organization, purchase, session, created_at)| {
            Ok(Open {
                organization: organization_of(&organization)?,
                purchase: PurchaseId::new(purchase),
                session: CheckoutId::new(session),
                created_at,
            })
        })
        .collect()
}

pub(super) async fn settled(pool: &PgPool, purchase: PurchaseId) -> Result<(), sqlx::Error> {
    sqlx::query(SETTLED).bind(purchase.entity()).execute(pool).await.map(drop)
}

/// Payments that were booked since.
pub(super) async fn booked(
    pool: &PgPool,
    since: Timestamp,
) -> Result<Vec<(IntentId, OrganizationId, PurchaseId)>, sqlx::Error> {
    let rows: Vec<(String, String, Uuid)> = sqlx::query_as(BOOKED).bind(since).fetch_all(pool).await?;
    rows.into_iter()
        .map(|(intent, organization, purchase)| {
            Ok((IntentId::new(intent), organization_of(&organization)?, PurchaseId::new(purchase)))
        })
        .collect()
}

fn organization_of(text: &str) -> Result<OrganizationId, sqlx::Error> {
    OrganizationId::try_new(text).map_err(|error| sqlx::Error::Decode(Box::new(error)))
}
