//! Settings, once changed.

use domain::events::SettingsChanged;
use serde::Serialize;
use utoipa::ToSchema;

use super::parts::After;

/// The organization's settings.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
pub struct SettingsAnswer<'a> {
    /// `null`: the smaller of 1,000 and a tenth of the last top-up.
    pub low_balance_threshold: Option<i64>,
    pub overdraft_limit: i64,
    #[serde(flatten)]
    pub after: After<'a>,
}

impl<'a> SettingsAnswer<'a> {
    pub(crate) fn of(fact: &'a SettingsChanged, after: After<'a>) -> Self {
        Self {
            low_balance_threshold: fact.settings.low_balance_threshold.map(domain::Credits::get),
            overdraft_limit: fact.settings.overdraft_limit.get(),
            after,
        }
    }
}
