//! What a handler reports of its cost, and what was charged.

use std::collections::BTreeMap;

use serde_json::{Value, json};
use uuid::Uuid;

/// What the work really cost, put by the handler into the extensions of its response
/// (axum: `(Extension(ActualCost::credits(7)), body)`). Without it, what was reserved is charged.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ActualCost(Actual);

#[derive(Clone, Debug, PartialEq, Eq)]
enum Actual {
    Credits(u64),
    Quantities(BTreeMap<String, u64>),
}

impl ActualCost {
    /// So many credits; 0 is recorded as a call that cost nothing.
    #[must_use]
    pub fn credits(amount: u64) -> Self {
        Self(Actual::Credits(amount))
    }

    /// What was really used, priced by the price book at the version that the reservation was made by. Of a request whose
    /// operation the price book prices, only.
    #[must_use]
    pub fn quantities<U: Into<String>>(quantities: impl IntoIterator<Item = (U, u64)>) -> Self {
        Self(Actual::Quantities(quantities.into_iter().map(|(unit, quantity)| (unit.into(), quantity)).collect()))
    }

    /// The body of a confirmation.
    pub(crate) fn confirmation(actual: Option<&Self>) -> Value {
        match actual.map(|actual| &actual.0) {
            None => json!({}),
            Some(Actual::Credits(amount)) => json!({"amount": amount}),
            Some(Actual::Quantities(quantities)) => json!({"quantities": quantities}),
        }
    }

    /// The body of a consumption in place of a reservation that has ended.
    pub(crate) fn consumption(actual: Option<&Self>, mut reserved: Value) -> Value {
        match actual.map(|actual| &actual.0) {
            None => {}
            Some(Actual::Credits(amount)) => reserved["amount"] = json!(amount),
            Some(Actual::Quantities(quantities)) => reserved["quantities"] = json!(quantities),
        }
        reserved
    }

    /// Whether nothing is to be charged: a consumption, unlike a confirmation, is of one credit at least.
    pub(crate) fn is_nothing(actual: Option<&Self>) -> bool {
        matches!(actual, Some(Self(Actual::Credits(0))))
    }
}

/// What was charged; in the extensions of the response that leaves, for layers outside of this one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Charged {
    /// Of the consumption, for refunds.
    pub consumption: Uuid,
    pub amount: i64,
    /// After it, as far as the ledger said.
    pub balance: Option<i64>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_reported_is_what_is_asked_for() {
        let none = ActualCost::confirmation(None);
        let seven = ActualCost::confirmation(Some(&ActualCost::credits(7)));
        let tokens = ActualCost::confirmation(Some(&ActualCost::quantities([("output_tokens", 5)])));
        assert_eq!(
            [none, seven, tokens],
            [json!({}), json!({"amount": 7}), json!({"quantities": {"output_tokens": 5}})]
        );
        let reserved = json!({"amount": 9, "operation": "a"});
        let late = ActualCost::consumption(Some(&ActualCost::credits(7)), reserved);
        assert_eq!(late, json!({"amount": 7, "operation": "a"}));
    }
}
