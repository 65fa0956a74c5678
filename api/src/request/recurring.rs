//! A monthly grant of an organization, as a whole.

use chrono::{DateTime, Utc};
use domain::Command;
use domain::commands::ConfigureRecurringGrant;
use domain::free_credits::{RecurringGrant, Rollover};
use domain::grant::DEFAULT_PRIORITY;
use serde::Deserialize;
use utoipa::ToSchema;

use crate::problem::Problem;
use crate::request::amount::{self, Given, Range};
use crate::request::grants::{patterns, priority};

/// What is granted every month; without `grant` nothing more is.
#[derive(Clone, Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct RecurringGrantBody {
    grant: Option<RecurringBody>,
    /// When the first period begins; default the schedule that there is, or now. Not in the past.
    starts_at: Option<DateTime<Utc>>,
}

/// The monthly grant.
#[derive(Clone, Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct RecurringBody {
    #[schema(value_type = i64, minimum = 1, maximum = 1_000_000_000_000_000_i64)]
    amount: Option<Given>,
    /// What becomes of credits that are left at the end of a period: `none` (default, they expire), `all` (they stay), or
    /// `{"capped": n}` (at most n count on top of the next grant).
    #[schema(value_type = Option<Object>)]
    rollover: Option<RolloverBody>,
    /// 0 to 1000; the lowest burns first.
    #[schema(value_type = Option<u16>, default = 100, maximum = 1000)]
    priority: Option<Given>,
    /// Operations that the credits may pay for, exact or a prefix ending in `*`; default all.
    applies_to: Option<Vec<String>>,
}

/// A name, or an object with the cap.
#[derive(Clone, Copy, Debug, Deserialize)]
#[serde(untagged, expecting = "`rollover` is \"none\", \"all\" or {\"capped\": n}")]
pub enum RolloverBody {
    Named(Named),
    Capped(Capped),
}

#[derive(Clone, Copy, Debug, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Named {
    None,
    All,
}

#[derive(Clone, Copy, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Capped {
    capped: Given,
}

impl RecurringGrantBody {
    pub(crate) fn command(self) -> Result<Command, Problem> {
        let grant = self.grant.map(RecurringBody::grant).transpose()?;
        Ok(Command::ConfigureRecurringGrant(ConfigureRecurringGrant { grant, starts_at: self.starts_at }))
    }
}

impl RecurringBody {
    fn grant(self) -> Result<RecurringGrant, Problem> {
        let rollover =
            match self.rollover {
                None | Some(RolloverBody::Named(Named::None)) => Rollover::None,
                Some(RolloverBody::Named(Named::All)) => Rollover::All,
                Some(RolloverBody::Capped(Capped { capped })) => Rollover::Capped(domain::Credits::new(
                    amount::integer("grant.rollover.capped", capped, Range::Positive)?,
                )),
            };
        Ok(RecurringGrant {
            amount: amount::required("grant.amount", self.amount, Range::Positive)?,
            rollover,
            priority: self.priority.map(priority).transpose()?.unwrap_or(DEFAULT_PRIORITY),
            applies_to: patterns(self.applies_to)?,
        })
    }
}
