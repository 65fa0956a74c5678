//! An operator's correction.

use domain::Command;
use domain::commands::Adjust;
use serde::Deserialize;
use utoipa::ToSchema;

use crate::problem::Problem;
use crate::request::amount::{self, Given, Range};
use crate::request::text;

/// Credits to add or take away, with the reason why.
#[derive(Clone, Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct AdjustBody {
    /// Up when positive, down when negative.
    #[schema(value_type = i64, example = -10)]
    amount: Option<Given>,
    #[schema(value_type = String, max_length = 1000)]
    reason: Option<String>,
}

impl AdjustBody {
    pub(crate) fn command(self) -> Result<Command, Problem> {
        Ok(Command::Adjust(Adjust {
            amount: amount::required("amount", self.amount, Range::NonZero)?,
            reason: text::reason(self.reason.as_deref())?,
        }))
    }
}
