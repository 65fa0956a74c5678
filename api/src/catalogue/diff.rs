//! What has changed between two versions of the price book.

use std::collections::BTreeMap;

use domain::price::Document;
use domain::price::document::PriceEntry;
use serde::Serialize;
use serde_json::Value;
use utoipa::ToSchema;

/// What has changed.
#[derive(Clone, Debug, Default, PartialEq, Serialize, ToSchema)]
pub struct Difference {
    /// Whatever is not a price: `rounding`, `scale`, `units`, `dimensions`, `welcome`, `valid_from`.
    pub settings: Vec<Change>,
    pub added: Vec<Change>,
    pub removed: Vec<Change>,
    pub changed: Vec<Change>,
}

/// One thing that has changed.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
pub struct Change {
    /// The setting's name, or the operation with its dimensions: `chat[model=gpt-4*]`.
    pub of: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<Object>)]
    pub before: Option<Value>,
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<Object>)]
    pub after: Option<Value>,
}

impl Difference {
    /// From one document to another; the order of prices in them means nothing.
    #[must_use]
    pub fn between(before: &Document, after: &Document) -> Self {
        let mut difference = Self { settings: settings(before, after), ..Self::default() };
        let (old, new) = (prices(before), prices(after));
        for (of, price) in &old {
            match new.get(of) {
                None => difference.removed.push(change(of, Some(price), None)),
                Some(now) if now != price => difference.changed.push(change(of, Some(price), Some(now))),
                Some(_) => {}
            }
        }
        let added = new.iter().filter(|(of, _)| !old.contains_key(*of));
        difference.added = added.map(|(of, price)| change(of, None, Some(price))).collect();
        difference
    }

    #[must_use]
    pub fn is_empty(&self) -> bool {
        self == &Self::default()
    }
}

fn change(of: &str, before: Option<&Value>, after: Option<&Value>) -> Change {
    Change { of: of.to_owned(), before: before.cloned(), after: after.cloned() }
}

fn prices(document: &Document) -> BTreeMap<String, Value> {
    document.prices.iter().map(|entry| (scope(entry), plain(entry))).collect()
}

/// Unlike any other's in a sound book.
fn scope(entry: &PriceEntry) -> String {
    let named: Vec<_> = entry.dimensions.iter().map(|(name, value)| format!("{name}={value}")).collect();
    if named.is_empty() { entry.operation.clone() } else { format!("{}[{}]", entry.operation, named.join(", ")) }
}

fn settings(before: &Document, after: &Document) -> Vec<Change> {
    let of = |document: &Document| match plain(document) {
        Value::Object(members) => members,
        _ => serde_json::Map::new(),
    };
    let (before, after) = (of(before), of(after));
    let names = before.keys().chain(after.keys().filter(|name| !before.contains_key(*name)));
    let differs = |name: &&String| *name != "prices" && before.get(*name) != after.get(*name);
    names.filter(differs).map(|name| change(name, before.get(name), after.get(name))).collect()
}

fn plain(part: &impl Serialize) -> Value {
    serde_json::to_value(part).expect("a document is plain JSON")
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn document(value: Value) -> Document {
        serde_json::from_value(value).expect("a document")
    }

    #[test]
    fn what_has_changed_is_named_and_order_is_nothing() {
        let price = |operation: &str, rate: u64| json!({"operation": operation, "components": [{"unit": "request", "per_unit": rate}]});
        let before = document(json!({"prices": [price("a", 1), price("b", 2), price("c", 3)]}));
        let after = document(json!({"rounding": "down", "prices": [price("d", 4), price("b", 5), price("a", 1)]}));
        let difference = Difference::between(&before, &after);
        let names = |changes: &[Change]| changes.iter().map(|change| change.of.clone()).collect::<Vec<_>>();
        assert_eq!(names(&difference.settings), ["rounding"]);
        assert_eq!(names(&difference.added), ["d"]);
        assert_eq!(names(&difference.removed), ["c"]);
        assert_eq!(names(&difference.changed), ["b"]);
        assert!(Difference::between(&before, &before).is_empty());
    }
}
