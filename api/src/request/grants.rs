//! Bodies that make or end grants.

use chrono::{DateTime, Utc};
use domain::Command;
use domain::commands::{Expiry, Grant, VoidGrant};
use domain::grant::{Category, DEFAULT_PRIORITY, OperationPattern};
use domain::ids::GrantId;
use domain::time::to_micros;
use serde::Deserialize;
use serde_json::{Map, Value};
use utoipa::ToSchema;
use uuid::Uuid;

use crate::problem::Problem;
use crate::request::amount::{self, Given, Range};
use crate::request::text;

/// Credits given to an organization.
#[derive(Clone, Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct GrantBody {
    #[schema(value_type = i64, minimum = 1, maximum = 1_000_000_000_000_000_i64, example = 1000)]
    amount: Option<Given>,
    /// `promotional` burns before `paid` of the same priority and expiry.
    #[schema(value_type = Option<String>, default = "promotional", pattern = "^(promotional|paid)$")]
    category: Option<Category>,
    #[schema(value_type = String, max_length = 1000, example = "welcome")]
    reason: Option<String>,
    /// 0 to 1000; the lowest burns first.
    #[schema(value_type = Option<u16>, default = 100, maximum = 1000)]
    priority: Option<Given>,
    /// When the credits may first be spent; default at once.
    effective_at: Option<DateTime<Utc>>,
    /// From this instant on they cannot be spent. Not together with `expires_in_seconds`.
    expires_at: Option<DateTime<Utc>>,
    /// Seconds from `effective_at` on.
    #[schema(value_type = Option<u32>)]
    expires_in_seconds: Option<Given>,
    /// Operations that the credits may pay for, exact or a prefix ending in `*`; default all.
    applies_to: Option<Vec<String>>,
    #[schema(value_type = Option<Object>)]
    metadata: Option<Map<String, Value>>,
}

impl GrantBody {
    pub(crate) fn command(self) -> Result<Command, Problem> {
        Ok(Command::Grant(Grant {
            amount: amount::required("amount", self.amount, Range::Positive)?,
            category: self.category.unwrap_or(Category::Promotional),
            priority: self.priority.map(priority).transpose()?.unwrap_or(DEFAULT_PRIORITY),
            effective_at: self.effective_at.map(to_micros),
            expiry: expiry(self.expires_at, self.expires_in_seconds)?,
            applies_to: patterns(self.applies_to)?,
            reason: text::reason(self.reason.as_deref())?,
            metadata: text::metadata(self.metadata)?,
        }))
    }
}

/// # Errors
/// A pattern is not valid.
pub(crate) fn patterns(given: Option<Vec<String>>) -> Result<Vec<OperationPattern>, Problem> {
    let pattern = |given: String| {
        text::text("applies_to", &given).and_then(|label: domain::text::Label| operation_pattern(label.as_str()))
    };
    given.unwrap_or_default().into_iter().map(pattern).collect()
}

fn operation_pattern(pattern: &str) -> Result<OperationPattern, Problem> {
    OperationPattern::try_new(pattern)
        .map_err(|error| Problem::invalid("invalid_pattern", "Not a valid pattern", format!("`applies_to` {error}")))
}

/// # Errors
/// It is not a whole number from 0 on.
pub(crate) fn priority(given: Given) -> Result<u16, Problem> {
    let value = amount::integer("priority", given, Range::ZeroOrMore)?;
    // The domain refuses what is above its own maximum, with that number.
    Ok(u16::try_from(value).unwrap_or(u16::MAX))
}

/// An end given as an instant or as an interval.
///
/// # Errors
/// Both are given, or the interval is no number of seconds.
pub(crate) fn expiry(at: Option<DateTime<Utc>>, seconds: Option<Given>) -> Result<Expiry, Problem> {
    match (at, seconds) {
        (None, None) => Ok(Expiry::Never),
        (Some(at), None) => Ok(Expiry::At(to_micros(at))),
        (None, Some(seconds)) => Ok(Expiry::In(interval("expires_in_seconds", seconds)?)),
        (Some(_), Some(_)) => Err(Problem::invalid(
            "two_expiries",
            "Two ends",
            "give either `expires_at` or `expires_in_seconds`, not both",
        )),
    }
}

/// A number of seconds, 1 to what 32 bits hold.
///
/// # Errors
/// It is not such a number.
pub(crate) fn interval(field: &'static str, given: Given) -> Result<u32, Problem> {
    let value = amount::integer(field, given, Range::Positive)?;
    u32::try_from(value).map_err(|_| {
        let detail = format!("`{field}` is too large: at most {} seconds", u32::MAX);
        Problem::invalid("interval_too_long", "Not a valid interval", detail).with("field", field)
    })
}

/// Why a grant is voided.
#[derive(Clone, Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct VoidBody {
    #[schema(value_type = String, max_length = 1000)]
    reason: Option<String>,
}

impl VoidBody {
    pub(crate) fn command(self, grant: Uuid) -> Result<Command, Problem> {
        let reason = text::reason(self.reason.as_deref())?;
        Ok(Command::VoidGrant(VoidGrant { grant_id: GrantId::new(grant), reason }))
    }
}
