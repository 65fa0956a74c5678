//! What credits were spent on, as the caller describes it.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::text::{Label, Metadata, Note, ReferenceText, Unit};
use crate::time::Timestamp;

/// A pointer to the caller's own record.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Reference {
    #[serde(rename = "type")]
    pub kind: Unit,
    pub id: ReferenceText,
}

/// The labels of a consumption or reservation. They choose which restricted lots may pay (`operation`) and are
/// recorded for analysis; they move no credits by themselves.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Usage {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub operation: Option<Label>,
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub quantities: BTreeMap<Unit, u64>,
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub dimensions: BTreeMap<Unit, Label>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub subject: Option<Label>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub description: Option<Note>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reference: Option<Reference>,
    #[serde(default, skip_serializing_if = "Metadata::is_empty")]
    pub metadata: Metadata,
    /// The hour that the usage counts in, where the caller says so (CORRECTNESS C14).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub used_at: Option<Timestamp>,
}

impl Usage {
    /// The most quantities or dimensions of one usage: far more than any price needs.
    pub const MAX_ENTRIES: usize = 32;
    /// The largest quantity of one unit: 10^15, so that sums of many stay inside `numeric` and `i128` arithmetic.
    pub const MAX_QUANTITY: u64 = 1_000_000_000_000_000;

    #[must_use]
    pub fn operation(&self) -> Option<&str> {
        self.operation.as_ref().map(Label::as_str)
    }

    /// Roughly the bytes that these labels occupy while a reservation is open.
    #[must_use]
    pub fn bytes(&self) -> usize {
        let metadata =
            self.metadata.object().iter().map(|(key, value)| key.len() + value.to_string().len()).sum::<usize>();
        let labels =
            [&self.operation, &self.subject].into_iter().flatten().map(|label| label.as_str().len()).sum::<usize>();
        let description = self.description.as_ref().map_or(0, |text| text.as_str().len());
        let reference = self.reference.as_ref().map_or(0, |r| r.kind.as_str().len() + r.id.as_str().len());
        let quantities = self.quantities.keys().map(|unit| unit.as_str().len() + 8).sum::<usize>();
        let dimensions = self.dimensions.iter().map(|(k, v)| k.as_str().len() + v.as_str().len()).sum::<usize>();
        metadata + labels + description + reference + quantities + dimensions
    }
}
