//! An organization's settings, as a whole.

use domain::commands::Settings;
use domain::{Command, Credits};
use serde::Deserialize;
use utoipa::ToSchema;

use crate::problem::Problem;
use crate::request::amount::{self, Given, Range};

/// All settings; what is left out goes back to its default.
#[derive(Clone, Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct SettingsBody {
    /// Default: the smaller of 1,000 and a tenth of the last top-up.
    #[schema(value_type = Option<i64>, minimum = 0)]
    low_balance_threshold: Option<Given>,
    /// How far below zero the organization may go.
    #[schema(value_type = Option<i64>, minimum = 0, default = 0)]
    overdraft_limit: Option<Given>,
}

impl SettingsBody {
    pub(crate) fn command(self) -> Result<Command, Problem> {
        let limit = amount::optional("overdraft_limit", self.overdraft_limit, Range::ZeroOrMore)?;
        Ok(Command::ChangeSettings(Settings {
            low_balance_threshold: amount::optional(
                "low_balance_threshold",
                self.low_balance_threshold,
                Range::ZeroOrMore,
            )?,
            overdraft_limit: limit.unwrap_or(Credits::ZERO),
        }))
    }
}
