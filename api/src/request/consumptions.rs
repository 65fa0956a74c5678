//! Bodies that spend credits, or give spent ones back.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use domain::Command;
use domain::commands::{Consume, RefundConsumption};
use domain::ids::ConsumptionId;
use serde::Deserialize;
use serde_json::{Map, Value};
use utoipa::ToSchema;
use uuid::Uuid;

use crate::problem::Problem;
use crate::request::amount::{self, Given, Range};
use crate::request::usage::{ReferenceBody, UsageFields};
use crate::request::{Asked, text};

/// Credits to spend at once. Either `amount`, or `operation` and `quantities` for the price book.
#[derive(Clone, Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ConsumeBody {
    #[schema(value_type = Option<i64>, minimum = 1, maximum = 1_000_000_000_000_000_i64, example = 50)]
    amount: Option<Given>,
    /// What was done; restricted grants pay only for operations that they match.
    #[schema(max_length = 128, example = "chat.completion")]
    operation: Option<String>,
    #[schema(value_type = Option<BTreeMap<String, u64>>)]
    quantities: Option<BTreeMap<String, Given>>,
    dimensions: Option<BTreeMap<String, String>>,
    #[schema(max_length = 1000)]
    description: Option<String>,
    reference: Option<ReferenceBody>,
    /// The end user or key on whose behalf.
    #[schema(max_length = 128)]
    subject: Option<String>,
    #[schema(value_type = Option<Object>)]
    metadata: Option<Map<String, Value>>,
    /// The hour that the usage counts in; 35 days back at most.
    occurred_at: Option<DateTime<Utc>>,
}

impl ConsumeBody {
    pub(crate) fn command(self) -> Result<Asked, Problem> {
        let fields = UsageFields {
            operation: self.operation,
            quantities: self.quantities,
            dimensions: self.dimensions,
            subject: self.subject,
            description: self.description,
            reference: self.reference,
            metadata: self.metadata,
            occurred_at: self.occurred_at,
        };
        let (amount, usage) = (fields.amount(self.amount)?, fields.usage()?);
        Ok(Asked::of(Command::Consume(Consume { amount, usage })))
    }
}

/// Credits to give back to the grants that they came from.
#[derive(Clone, Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct RefundBody {
    /// Default: all that has not been refunded yet.
    #[schema(value_type = Option<i64>, minimum = 1)]
    amount: Option<Given>,
    #[schema(value_type = String, max_length = 1000)]
    reason: Option<String>,
}

impl RefundBody {
    pub(crate) fn command(self, consumption: Uuid) -> Result<Command, Problem> {
        Ok(Command::RefundConsumption(RefundConsumption {
            consumption_id: ConsumptionId::new(consumption),
            amount: amount::optional("amount", self.amount, Range::Positive)?,
            reason: text::reason(self.reason.as_deref())?,
        }))
    }
}
