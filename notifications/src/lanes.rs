//! Lanes: what must be told in order at one endpoint, and whose turn it is.
//!
//! Invariant: a lane is there while something in it waits. Whoever adds to it and whoever ends something in it hold its
//! row's lock, so neither misses what the other did.
//! Invariant: a claim is a due time in the future with a name on it; nobody else takes the lane before, and a worker that
//! comes back later than that changes nothing.

use domain::{OrganizationId, Timestamp};
use sqlx::postgres::PgPool;
use sqlx::{FromRow, PgConnection};
use uuid::Uuid;

use crate::limits::CLAIM;
use crate::notification::Notification;

/// Something to tell one endpoint.
pub(crate) struct Told<'a> {
    pub(crate) endpoint: Uuid,
    pub(crate) lane: String,
    pub(crate) notification: &'a Notification,
}

impl<'a> Told<'a> {
    /// In the order of its organization, or out of turn where it has none.
    pub(crate) fn new(endpoint: Uuid, notification: &'a Notification) -> Self {
        let organization = notification.organization.as_ref();
        let lane = organization.map_or_else(|| lane_of_its_own(notification.id), |id| id.as_str().to_owned());
        Self { endpoint, lane, notification }
    }
}

/// A lane that no organization can have: ids begin with a letter or digit.
pub(crate) fn lane_of_its_own(id: Uuid) -> String {
    format!("!{id}")
}

/// Locks lanes in one order, whoever does it: two that lock several wait for each other at most once.
const ENTER: &str = "
    INSERT INTO payments.notification_lanes AS l (endpoint_id, lane, due_at)
    SELECT DISTINCT t.endpoint_id, t.lane, $3::timestamptz FROM unnest($1::uuid[], $2::text[]) AS t (endpoint_id, lane)
    ORDER BY 1, 2
    ON CONFLICT (endpoint_id, lane) DO UPDATE SET claim = l.claim";

const ADD: &str = "
    INSERT INTO payments.notification_deliveries
        (endpoint_id, notification_id, lane, organization, type, body, state, accepted_at)
    SELECT t.endpoint_id, t.notification_id, t.lane, t.organization, t.type, t.body, 'waiting', $7
    FROM unnest($1::uuid[], $2::uuid[], $3::text[], $4::text[], $5::text[], $6::text[])
        WITH ORDINALITY AS t (endpoint_id, notification_id, lane, organization, type, body, n)
    ORDER BY t.n
    ON CONFLICT (endpoint_id, notification_id) DO NOTHING";

/// Opens lanes that are not there, due now, and locks those that are.
pub(crate) async fn enter(
    connection: &mut PgConnection,
    endpoints: &[Uuid],
    lanes: &[&str],
    now: Timestamp,
) -> Result<(), sqlx::Error> {
    sqlx::query(ENTER).bind(endpoints).bind(lanes).bind(now).execute(connection).await?;
    Ok(())
}

/// Adds what is to be told, in order. A lane that was opened for something that is known already is found empty by a
/// worker, who removes it.
pub(crate) async fn add(connection: &mut PgConnection, told: &[Told<'_>], now: Timestamp) -> Result<u64, sqlx::Error> {
    let endpoints: Vec<Uuid> = told.iter().map(|t| t.endpoint).collect();
    let lanes: Vec<&str> = told.iter().map(|t| t.lane.as_str()).collect();
    enter(connection, &endpoints, &lanes, now).await?;
    let organization = |t: &Told<'_>| t.notification.organization.as_ref().map(|id| id.as_str().to_owned());
    let added = sqlx::query(ADD)
        .bind(&endpoints)
        .bind(told.iter().map(|t| t.notification.id).collect::<Vec<_>>())
        .bind(&lanes)
        .bind(told.iter().map(organization).collect::<Vec<_>>())
        .bind(told.iter().map(|t| t.notification.name).collect::<Vec<_>>())
        .bind(told.iter().map(|t| t.notification.body.as_str()).collect::<Vec<_>>())
        .bind(now)
        .execute(connection)
        .await?;
    Ok(added.rows_affected())
}

/// Endpoints with a lane that is due.
pub(crate) async fn due_endpoints(pool: &PgPool, now: Timestamp) -> Result<Vec<Uuid>, sqlx::Error> {
    sqlx::query_scalar(
        "SELECT e.id FROM payments.notification_endpoints e
         WHERE e.enabled
           AND EXISTS (SELECT FROM payments.notification_lanes l WHERE l.endpoint_id = e.id AND l.due_at <= $1)",
    )
    .bind(now)
    .fetch_all(pool)
    .await
}

/// A lane that this process works on.
#[derive(Clone, Debug)]
pub(crate) struct Claim {
    pub(crate) endpoint: Uuid,
    pub(crate) lane: String,
    token: Uuid,
}

/// Claims lanes of an endpoint, longest due first.
pub(crate) async fn claim(
    pool: &PgPool,
    endpoint: Uuid,
    most: usize,
    now: Timestamp,
) -> Result<Vec<Claim>, sqlx::Error> {
    let token = Uuid::now_v7();
    let lanes: Vec<String> = sqlx::query_scalar(
        "UPDATE payments.notification_lanes l SET due_at = $4, claim = $5
         FROM (SELECT d.lane FROM payments.notification_lanes d WHERE d.endpoint_id = $1 AND d.due_at <= $2
               ORDER BY d.due_at LIMIT $3 FOR UPDATE SKIP LOCKED) AS due
         WHERE l.endpoint_id = $1 AND l.lane = due.lane RETURNING l.lane",
    )
    .bind(endpoint)
    .bind(now)
    .bind(i64::try_from(most).unwrap_or(i64::MAX))
    .bind(now + CLAIM)
    .bind(token)
    .fetch_all(pool)
    .await?;
    Ok(lanes.into_iter().map(|lane| Claim { endpoint, lane, token }).collect())
}

/// The first of a lane, with what is needed to send it. Not to be printed: it holds secrets.
#[derive(Clone, FromRow)]
pub(crate) struct Head {
    pub(crate) notification_id: Uuid,
    pub(crate) body: String,
    #[sqlx(try_from = "i32")]
    pub(crate) tries: u32,
    pub(crate) accepted_at: Timestamp,
    pub(crate) url: String,
    pub(crate) secret: Vec<u8>,
    pub(crate) former_secret: Option<Vec<u8>>,
    pub(crate) former_until: Option<Timestamp>,
    pub(crate) enabled: bool,
}

pub(crate) async fn head(pool: &PgPool, claim: &Claim) -> Result<Option<Head>, sqlx::Error> {
    sqlx::query_as(
        "SELECT d.notification_id, d.body, d.tries, d.accepted_at, e.url, e.secret, e.former_secret, e.former_until,
                e.enabled
         FROM payments.notification_deliveries d JOIN payments.notification_endpoints e ON e.id = d.endpoint_id
         WHERE d.endpoint_id = $1 AND d.lane = $2 AND d.state = 'waiting' ORDER BY d.ordinal LIMIT 1",
    )
    .bind(claim.endpoint)
    .bind(&claim.lane)
    .fetch_optional(pool)
    .await
}

/// What became of a try.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Outcome {
    Delivered,
    Parked,
    /// Tried again then; its lane waits for it.
    Again(Timestamp),
}

/// What was tried, and how it went.
#[derive(Clone, Debug)]
pub(crate) struct Tried {
    pub(crate) notification_id: Uuid,
    pub(crate) outcome: Outcome,
    pub(crate) status: Option<u16>,
    pub(crate) error: Option<String>,
}

/// Whether the worker goes on with the lane.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Next {
    /// More waits, and the claim is renewed.
    More,
    /// The lane is empty, or waits for its time.
    Nothing,
    /// The claim had ended; whoever has it now repeats what was done.
    Lost,
}

/// Records a try and says what comes next, in one transaction under the lane's lock.
pub(crate) async fn record(
    pool: &PgPool,
    claim: &Claim,
    tried: Option<&Tried>,
    now: Timestamp,
) -> Result<Next, sqlx::Error> {
    let mut transaction = pool.begin().await?;
    if !is_held(&mut transaction, claim).await? {
        return Ok(Next::Lost);
    }
    let due_at = match tried {
        None => None,
        Some(tried) => {
            write(&mut transaction, claim, tried, now).await?;
            match tried.outcome {
                Outcome::Delivered | Outcome::Parked => None,
                Outcome::Again(at) => Some(at),
            }
        }
    };
    let next = match due_at {
        Some(at) => {
            leave(&mut transaction, claim, at).await?;
            Next::Nothing
        }
        None => go_on(&mut transaction, claim, now).await?,
    };
    transaction.commit().await?;
    Ok(next)
}

/// Lets go of a lane for others; it is due at once.
pub(crate) async fn release(pool: &PgPool, claim: &Claim, now: Timestamp) -> Result<(), sqlx::Error> {
    leave(&mut *pool.acquire().await?, claim, now).await
}

async fn is_held(connection: &mut PgConnection, claim: &Claim) -> Result<bool, sqlx::Error> {
    let held: Option<bool> = sqlx::query_scalar(
        "SELECT true FROM payments.notification_lanes l
         WHERE l.endpoint_id = $1 AND l.lane = $2 AND l.claim = $3 FOR UPDATE",
    )
    .bind(claim.endpoint)
    .bind(&claim.lane)
    .bind(claim.token)
    .fetch_optional(connection)
    .await?;
    Ok(held.is_some())
}

async fn write(connection: &mut PgConnection, claim: &Claim, tried: &Tried, now: Timestamp) -> Result<(), sqlx::Error> {
    let (state, ended_at) = match tried.outcome {
        Outcome::Delivered => ("delivered", Some(now)),
        Outcome::Parked => ("parked", Some(now)),
        Outcome::Again(_) => ("waiting", None),
    };
    sqlx::query(
        "UPDATE payments.notification_deliveries d
         SET state = $3, tries = d.tries + 1, tried_at = $4, status = $5, error = $6, ended_at = $7
         WHERE d.endpoint_id = $1 AND d.notification_id = $2",
    )
    .bind(claim.endpoint)
    .bind(tried.notification_id)
    .bind(state)
    .bind(now)
    .bind(tried.status.map(i32::from))
    .bind(tried.error.as_deref())
    .bind(ended_at)
    .execute(connection)
    .await?;
    Ok(())
}

async fn leave(connection: &mut PgConnection, claim: &Claim, due_at: Timestamp) -> Result<(), sqlx::Error> {
    sqlx::query(
        "UPDATE payments.notification_lanes l SET due_at = $4, claim = NULL
         WHERE l.endpoint_id = $1 AND l.lane = $2 AND l.claim = $3",
    )
    .bind(claim.endpoint)
    .bind(&claim.lane)
    .bind(claim.token)
    .bind(due_at)
    .execute(connection)
    .await?;
    Ok(())
}

/// Renews the claim while something waits; an empty lane is removed.
async fn go_on(connection: &mut PgConnection, claim: &Claim, now: Timestamp) -> Result<Next, sqlx::Error> {
    let renewed = sqlx::query(
        "UPDATE payments.notification_lanes l SET due_at = $3
         WHERE l.endpoint_id = $1 AND l.lane = $2 AND EXISTS (
             SELECT FROM payments.notification_deliveries d
             WHERE d.endpoint_id = $1 AND d.lane = $2 AND d.state = 'waiting')",
    )
    .bind(claim.endpoint)
    .bind(&claim.lane)
    .bind(now + CLAIM)
    .execute(&mut *connection)
    .await?;
    if renewed.rows_affected() > 0 {
        return Ok(Next::More);
    }
    sqlx::query("DELETE FROM payments.notification_lanes l WHERE l.endpoint_id = $1 AND l.lane = $2")
        .bind(claim.endpoint)
        .bind(&claim.lane)
        .execute(connection)
        .await?;
    Ok(Next::Nothing)
}

/// Whom an organization's events are told to.
#[derive(Clone, Debug, FromRow)]
pub(crate) struct Listener {
    pub(crate) id: Uuid,
    organization: Option<String>,
    types: Vec<String>,
    /// Position behind which it is told of this partition.
    #[sqlx(try_from = "i64")]
    begin: u64,
}

impl Listener {
    pub(crate) fn hears(&self, organization: &OrganizationId, name: &str, position: u64) -> bool {
        let is_its_own = self.organization.as_deref().is_none_or(|own| own == organization.as_str());
        is_its_own && position > self.begin && (self.types.is_empty() || self.types.iter().any(|t| t == name))
    }
}

/// Those that are told of these organizations; none is removed while the transaction lasts.
pub(crate) async fn listeners(
    connection: &mut PgConnection,
    partition: u16,
    organizations: &[&str],
) -> Result<Vec<Listener>, sqlx::Error> {
    sqlx::query_as(
        "SELECT e.id, e.organization, e.types, e.begins[$1] AS begin FROM payments.notification_endpoints e
         WHERE e.enabled AND (e.organization IS NULL OR e.organization = ANY ($2)) ORDER BY e.id FOR KEY SHARE",
    )
    .bind(i32::from(partition) + 1)
    .bind(organizations)
    .fetch_all(connection)
    .await
}
