//! Reading objects leniently: what we do not need may be absent, new or odd.

use std::collections::BTreeMap;

use chrono::DateTime;
use domain::Timestamp;
use domain::grant::{Currency, Money};
use serde::Deserialize;
use serde_json::Value;

use crate::gateway::Pairs;

/// A field that we decide on is not what it has to be.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct Unreadable(pub String);

/// An id, or the object that it names.
#[derive(Clone, Debug, Deserialize)]
#[serde(untagged)]
pub(super) enum Reference {
    Id(String),
    Object { id: String },
}

impl Reference {
    pub(super) fn id(self) -> String {
        match self {
            Self::Id(id) | Self::Object { id } => id,
        }
    }
}

/// Metadata; a value that is not a text is kept as its JSON.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(transparent)]
pub(super) struct Loose(BTreeMap<String, Value>);

impl Loose {
    pub(super) fn pairs(self) -> Pairs {
        let text = |value: Value| match value {
            Value::String(text) => text,
            other => other.to_string(),
        };
        self.0.into_iter().map(|(name, value)| (name, text(value))).collect()
    }
}

pub(super) fn money(amount_minor: i64, currency: &str) -> Result<Money, Unreadable> {
    let currency = Currency::try_new(currency).map_err(|_| Unreadable(format!("the currency `{currency}`")))?;
    Ok(Money { amount_minor, currency })
}

pub(super) fn instant(seconds: i64) -> Result<Timestamp, Unreadable> {
    DateTime::from_timestamp(seconds, 0).ok_or_else(|| Unreadable(format!("the time {seconds}")))
}
