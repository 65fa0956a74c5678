//! What a request may cost: known before the handler runs.

use std::collections::BTreeMap;

use serde::Serialize;

/// What is reserved for a request: an amount of credits, or an operation with quantities that the ledger's price book
/// prices. For a cost that is known only afterwards it is the most that the work may cost, and the handler reports the
/// rest ([`crate::ActualCost`]).
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Cost {
    #[serde(skip_serializing_if = "Option::is_none")]
    amount: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    operation: Option<String>,
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    quantities: BTreeMap<String, u64>,
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    dimensions: BTreeMap<String, String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    subject: Option<String>,
    #[serde(skip)]
    is_free: bool,
}

impl Cost {
    /// Costs nothing whatever happens: the ledger is not asked, and what the handler reports is not charged.
    #[must_use]
    pub fn free() -> Self {
        Self { is_free: true, ..Self::empty() }
    }

    /// So many credits. The ledger holds 1 at least; a handler whose work may turn out free reports 0.
    #[must_use]
    pub fn credits(amount: u64) -> Self {
        Self { amount: Some(amount), ..Self::empty() }
    }

    /// What the price book says of the operation; a quantity of 1 `request` unless quantities are added.
    #[must_use]
    pub fn operation(name: impl Into<String>) -> Self {
        Self { operation: Some(name.into()), ..Self::empty() }
    }

    /// Names the operation of an amount, for reports and for credits that pay only for some operations.
    #[must_use]
    pub fn for_operation(mut self, name: impl Into<String>) -> Self {
        self.operation = Some(name.into());
        self
    }

    /// Adds a quantity: tokens, images, seconds.
    #[must_use]
    pub fn quantity(mut self, unit: impl Into<String>, quantity: u64) -> Self {
        self.quantities.insert(unit.into(), quantity);
        self
    }

    /// Adds a dimension that prices depend on: the model, the region.
    #[must_use]
    pub fn dimension(mut self, name: impl Into<String>, value: impl Into<String>) -> Self {
        self.dimensions.insert(name.into(), value.into());
        self
    }

    /// Names on whose behalf: a pseudonym of the end user.
    #[must_use]
    pub fn subject(mut self, subject: impl Into<String>) -> Self {
        self.subject = Some(subject.into());
        self
    }

    pub(crate) fn is_free(&self) -> bool {
        self.is_free
    }

    fn empty() -> Self {
        Self {
            amount: None,
            operation: None,
            quantities: BTreeMap::new(),
            dimensions: BTreeMap::new(),
            subject: None,
            is_free: false,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cost_is_written_as_the_ledger_reads_it() {
        let cost = Cost::operation("chat").quantity("input_tokens", 5).dimension("model", "m").subject("u-1");
        let expected = serde_json::json!({"operation": "chat", "quantities": {"input_tokens": 5},
            "dimensions": {"model": "m"}, "subject": "u-1"});
        assert_eq!(serde_json::to_value(cost).expect("plain"), expected);
        let cost = Cost::credits(5).for_operation("image");
        assert_eq!(serde_json::to_value(cost).expect("plain"), serde_json::json!({"amount": 5, "operation": "image"}));
    }
}
