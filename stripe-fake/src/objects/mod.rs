//! The objects, each with what is remembered of it and how it is shown. Shown objects have every field that the API calls
//! required, because async-stripe refuses one that lacks any.

pub mod card;
pub mod charge;
pub mod customer;
pub mod dispute;
pub mod endpoint;
pub mod event;
pub mod intent;
pub mod price;
pub mod product;
pub mod refund;
pub mod session;

use std::collections::BTreeMap;

/// Keys and values of the caller's.
pub type Labels = BTreeMap<String, String>;

/// A page of a list.
#[must_use]
pub fn list(url: &str, data: Vec<serde_json::Value>, has_more: bool) -> serde_json::Value {
    serde_json::json!({"object": "list", "url": url, "has_more": has_more, "data": data})
}
