//! How long the credits last.

use chrono::{DateTime, Utc};
use projections::forecast::Unused;
use projections::queries::Outlook;
use serde::Serialize;
use utoipa::ToSchema;
use uuid::Uuid;

/// A grant that ends before its credits would be used.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct ExpiryForecast {
    pub grant_id: Uuid,
    pub expires_at: DateTime<Utc>,
    /// Credits that would end with it.
    pub amount: i64,
}

impl From<Unused> for ExpiryForecast {
    fn from(unused: Unused) -> Self {
        Self { grant_id: unused.grant_id, expires_at: unused.expires_at, amount: unused.amount.get() }
    }
}

/// What happens if spending goes on at the rate of the measured window.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct ForecastAnswer {
    pub organization_id: String,
    pub balance: i64,
    /// In open grants, those that have not started included, without what reservations hold.
    pub free: i64,
    /// Spending was measured from here ...
    pub measured_from: DateTime<Utc>,
    /// ... to here, the time of the forecast.
    pub measured_to: DateTime<Utc>,
    /// In that time.
    pub spent: i64,
    /// Rounded up.
    pub credits_per_day: i64,
    /// When an operation that spends would first find no credits, overdraft not counted; `null`: not in sight.
    pub runs_out_at: Option<DateTime<Utc>>,
    /// What would expire unused, the soonest first.
    pub expiring_unused: Vec<ExpiryForecast>,
}

impl ForecastAnswer {
    #[must_use]
    pub fn of(organization: String, balance: i64, outlook: Outlook) -> Self {
        Self {
            organization_id: organization,
            balance,
            free: outlook.free.get(),
            measured_from: outlook.from,
            measured_to: outlook.to,
            spent: outlook.spent.get(),
            credits_per_day: outlook.per_day.get(),
            runs_out_at: outlook.forecast.runs_out_at,
            expiring_unused: outlook.forecast.unused.into_iter().map(ExpiryForecast::from).collect(),
        }
    }
}
