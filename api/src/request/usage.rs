//! The labels that consumptions and reservations share.

use std::collections::BTreeMap;
use std::sync::Arc;

use chrono::{DateTime, Utc};
use domain::commands::Amount;
use domain::time::to_micros;
use domain::usage::{Reference, Usage};
use serde::Deserialize;
use serde_json::{Map, Value};
use utoipa::ToSchema;

use crate::problem::Problem;
use crate::request::amount::{self, Given, Range};
use crate::request::text;

/// The caller's own record that credits were spent on.
#[derive(Clone, Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ReferenceBody {
    #[serde(rename = "type")]
    #[schema(example = "job")]
    kind: String,
    id: String,
}

/// The fields as they were given.
#[derive(Clone, Debug, Default)]
pub(crate) struct UsageFields {
    pub operation: Option<String>,
    pub quantities: Option<BTreeMap<String, Given>>,
    pub dimensions: Option<BTreeMap<String, String>>,
    pub subject: Option<String>,
    pub description: Option<String>,
    pub reference: Option<ReferenceBody>,
    pub metadata: Option<Map<String, Value>>,
    pub occurred_at: Option<DateTime<Utc>>,
}

impl UsageFields {
    pub fn usage(self) -> Result<Arc<Usage>, Problem> {
        let reference = |given: ReferenceBody| {
            Ok(Reference {
                kind: text::text("reference.type", &given.kind)?,
                id: text::text("reference.id", &given.id)?,
            })
        };
        Ok(Arc::new(Usage {
            operation: text::optional("operation", self.operation.as_deref())?,
            quantities: text::quantities(self.quantities)?,
            dimensions: text::dimensions(self.dimensions)?,
            subject: text::optional("subject", self.subject.as_deref())?,
            description: text::optional("description", self.description.as_deref())?,
            reference: self.reference.map(reference).transpose()?,
            metadata: text::metadata(self.metadata)?,
            used_at: self.occurred_at.map(to_micros),
        }))
    }

    /// The amount, unless the price book says it.
    pub fn amount(&self, given: Option<Given>) -> Result<Amount, Problem> {
        if given.is_none() && self.operation.is_some() {
            // The books come with the catalogue; none of them prices anything.
            return Ok(Amount::Priced(Arc::default()));
        }
        amount::required("amount", given, Range::Positive).map(Amount::Given)
    }
}
