//! Deliveries as people see them: what was told, what waits, what was given up; tests and second sendings.

use domain::{OrganizationId, Timestamp};
use sqlx::{FromRow, PgConnection};
use uuid::Uuid;

use crate::NotificationError;
use crate::endpoint::Endpoints;
use crate::lanes::{self, Told, lane_of_its_own};
use crate::limits::RESEND_MAX;
use crate::notification;

/// What became of a delivery.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum State {
    /// To be tried, or tried again.
    Waiting,
    /// The receiver answered 2xx.
    Delivered,
    /// Given up after a day.
    Parked,
}

impl State {
    pub const ALL: &'static [Self] = &[Self::Waiting, Self::Delivered, Self::Parked];

    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Waiting => "waiting",
            Self::Delivered => "delivered",
            Self::Parked => "parked",
        }
    }
}

/// One notification at one endpoint.
#[derive(Clone, Debug, PartialEq, FromRow)]
pub struct Delivery {
    /// `webhook-id`.
    pub notification_id: Uuid,
    pub ordinal: i64,
    /// `None`: a test.
    pub organization: Option<String>,
    #[sqlx(rename = "type")]
    pub kind: String,
    pub state: String,
    pub tries: i32,
    pub accepted_at: Timestamp,
    pub tried_at: Option<Timestamp>,
    /// What the receiver answered last, if it answered.
    pub status: Option<i32>,
    pub error: Option<String>,
    pub ended_at: Option<Timestamp>,
    /// As it is sent.
    pub body: String,
}

const COLUMNS: &str = "d.notification_id, d.ordinal, d.organization, d.type, d.state, d.tries, d.accepted_at,
    d.tried_at, d.status, d.error, d.ended_at, d.body";

/// How many were sent again, and whether that was all.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Resent {
    pub count: u64,
    pub has_more: bool,
}

/// The deliveries of endpoints. Whoever asks must be allowed to see the endpoint: [`Endpoints::find`] says that.
#[derive(Clone)]
pub struct Deliveries(Endpoints);

impl Deliveries {
    #[must_use]
    pub fn new(endpoints: Endpoints) -> Self {
        Self(endpoints)
    }

    /// Newest first, below an ordinal.
    ///
    /// # Errors
    /// The database fails.
    pub async fn list(
        &self,
        endpoint: Uuid,
        state: Option<State>,
        before: Option<i64>,
        limit: u32,
    ) -> Result<Vec<Delivery>, NotificationError> {
        // Written out, so that the index of what has not been delivered serves it.
        let filter = state.map_or_else(String::new, |state| format!("AND d.state = '{}'", state.name()));
        let statement = format!(
            "SELECT {COLUMNS} FROM payments.notification_deliveries d
             WHERE d.endpoint_id = $1 AND d.ordinal < $2 {filter} ORDER BY d.ordinal DESC LIMIT $3"
        );
        let query = sqlx::query_as(&statement).bind(endpoint).bind(before.unwrap_or(i64::MAX));
        Ok(query.bind(i64::from(limit)).fetch_all(self.0.pool()).await?)
    }

    /// # Errors
    /// There is none, or the database fails.
    pub async fn find(&self, endpoint: Uuid, notification: Uuid) -> Result<Delivery, NotificationError> {
        let statement = format!(
            "SELECT {COLUMNS} FROM payments.notification_deliveries d WHERE d.endpoint_id = $1 AND d.notification_id = $2"
        );
        let found = sqlx::query_as(&statement).bind(endpoint).bind(notification).fetch_optional(self.0.pool());
        found.await?.ok_or(NotificationError::NoDelivery)
    }

    /// Sends the endpoint a test, out of turn.
    ///
    /// # Errors
    /// There is no such endpoint, or the database fails.
    pub async fn test(&self, endpoint: Uuid, caller: Option<&OrganizationId>) -> Result<Delivery, NotificationError> {
        self.0.find(endpoint, caller).await?;
        let now = self.0.clock().now();
        let notification = notification::test(endpoint, now);
        let mut transaction = self.0.pool().begin().await?;
        lanes::add(&mut transaction, &[Told::new(endpoint, &notification)], now).await?;
        transaction.commit().await?;
        self.find(endpoint, notification.id).await
    }

    /// Sends one that has ended again, out of turn and under the same id.
    ///
    /// # Errors
    /// There is none, it has not ended, or the database fails.
    pub async fn resend(&self, endpoint: Uuid, notification: Uuid) -> Result<Delivery, NotificationError> {
        let now = self.0.clock().now();
        let lane = lane_of_its_own(notification);
        let mut transaction = self.0.pool().begin().await?;
        if self.find(endpoint, notification).await?.state == "waiting" {
            return Err(NotificationError::StillWaiting);
        }
        lanes::enter(&mut transaction, &[endpoint], &[&lane], now).await?;
        let again = sqlx::query(
            "UPDATE payments.notification_deliveries d
             SET state = 'waiting', lane = $3, tries = 0, accepted_at = $4, ended_at = NULL
             WHERE d.endpoint_id = $1 AND d.notification_id = $2 AND d.state <> 'waiting'",
        )
        .bind(endpoint)
        .bind(notification)
        .bind(&lane)
        .bind(now)
        .execute(&mut *transaction)
        .await?;
        if again.rows_affected() == 0 {
            return Err(NotificationError::StillWaiting);
        }
        transaction.commit().await?;
        self.find(endpoint, notification).await
    }

    /// Sends what was parked again, oldest first and in the order of each organization, a bounded number at once.
    ///
    /// # Errors
    /// The database fails.
    pub async fn resend_parked(&self, endpoint: Uuid) -> Result<Resent, NotificationError> {
        let now = self.0.clock().now();
        let mut transaction = self.0.pool().begin().await?;
        let parked = parked(&mut transaction, endpoint).await?;
        let (ids, lanes): (Vec<Uuid>, Vec<String>) = parked.into_iter().unzip();
        let lanes: Vec<&str> = lanes.iter().map(String::as_str).collect();
        lanes::enter(&mut transaction, &vec![endpoint; lanes.len()], &lanes, now).await?;
        let again = sqlx::query(
            "UPDATE payments.notification_deliveries d
             SET state = 'waiting', tries = 0, accepted_at = $3, ended_at = NULL
             WHERE d.endpoint_id = $1 AND d.notification_id = ANY ($2) AND d.state = 'parked'",
        )
        .bind(endpoint)
        .bind(&ids)
        .bind(now)
        .execute(&mut *transaction)
        .await?;
        transaction.commit().await?;
        let has_more = i64::try_from(ids.len()).unwrap_or(i64::MAX) >= RESEND_MAX;
        Ok(Resent { count: again.rows_affected(), has_more })
    }
}

async fn parked(connection: &mut PgConnection, endpoint: Uuid) -> Result<Vec<(Uuid, String)>, sqlx::Error> {
    sqlx::query_as(
        "SELECT d.notification_id, d.lane FROM payments.notification_deliveries d
         WHERE d.endpoint_id = $1 AND d.state = 'parked' ORDER BY d.ordinal LIMIT $2",
    )
    .bind(endpoint)
    .bind(RESEND_MAX)
    .fetch_all(connection)
    .await
}
