//! Sums of usage.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use projections::queries::{Group, Usage};
use serde::Serialize;
use serde_json::value::RawValue;
use utoipa::ToSchema;

use crate::csv::{Cell, Row};

/// The usage of one bucket and group. What was not grouped by is left out; what was, and was not given, is `null`.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct UsageRow {
    /// Begin of the hour, day or month (UTC).
    pub bucket: DateTime<Utc>,
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>)]
    pub operation: Option<Option<String>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>)]
    pub subject: Option<Option<String>>,
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub dimensions: BTreeMap<String, Option<String>>,
    /// Consumptions and confirmed reservations, refunded ones included.
    pub count: i64,
    pub credits: i64,
    /// Credits of work that nothing paid for.
    #[schema(value_type = u64)]
    pub shortfall: Box<RawValue>,
    /// Sums by unit; whole numbers of any size.
    #[schema(value_type = Object)]
    pub quantities: Box<RawValue>,
}

impl UsageRow {
    /// `groups` are those of the query, in its order.
    #[must_use]
    pub fn of(row: Usage, groups: &[Group]) -> Self {
        let (mut operation, mut subject, mut dimensions) = (None, None, BTreeMap::new());
        for (group, value) in groups.iter().zip(row.groups) {
            match group {
                Group::Operation => operation = Some(value),
                Group::Subject => subject = Some(value),
                Group::Dimension(name) => {
                    dimensions.insert(name.clone(), value);
                }
            }
        }
        let (shortfall, quantities) = (row.shortfall.0, row.quantities.0);
        Self {
            bucket: row.bucket,
            operation,
            subject,
            dimensions,
            count: row.count,
            credits: row.credits,
            shortfall,
            quantities,
        }
    }
}

impl Row for UsageRow {
    const COLUMNS: &'static [&'static str] =
        &["bucket", "operation", "subject", "dimensions", "count", "credits", "shortfall", "quantities"];

    fn cells(&self) -> Vec<Cell<'_>> {
        let label = |label: &'_ Option<Option<String>>| label.clone().flatten().map(Into::into);
        vec![
            Cell::Time(self.bucket),
            Cell::maybe(label(&self.operation), Cell::Text),
            Cell::maybe(label(&self.subject), Cell::Text),
            Cell::json(&self.dimensions),
            Cell::Number(self.count.into()),
            Cell::Number(self.credits.into()),
            Cell::text(self.shortfall.get()),
            Cell::text(self.quantities.get()),
        ]
    }
}
