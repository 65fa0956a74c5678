//! Which usage a price is for, and which of several prices wins.
//!
//! Invariant: the order by [`Scope::rank`] is total but for ties, and a book in which a tie could decide is refused. So
//! the same usage finds the same price on every node, whatever the order of the file.

use std::collections::BTreeMap;
use std::fmt;

use serde::{Deserialize, Serialize};

use crate::grant::OperationPattern;
use crate::text::{Label, Unit};

/// A name, or a prefix ending in `*`: for operations and for values of dimensions alike.
pub type Pattern = OperationPattern;

/// The usage that a price is for.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Scope {
    pub operation: Pattern,
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub dimensions: BTreeMap<Unit, Pattern>,
}

impl Scope {
    /// A dimension that the scope does not name may be anything, or absent.
    #[must_use]
    pub fn matches(&self, operation: &str, dimensions: &BTreeMap<Unit, Label>) -> bool {
        let holds = |(name, pattern): (&Unit, &Pattern)| {
            dimensions.get(name).is_some_and(|value| pattern.matches(value.as_str()))
        };
        self.operation.matches(operation) && self.dimensions.iter().all(holds)
    }

    /// The greatest wins: an exact operation before a prefix, a longer prefix before a shorter one, then more dimensions,
    /// more exact ones, and longer prefixes of dimensions.
    #[must_use]
    pub fn rank(&self) -> impl Ord + use<> {
        let exact = self.dimensions.values().filter(|pattern| pattern.prefix().is_none()).count();
        let prefixes = self.dimensions.values().filter_map(Pattern::prefix).map(str::len).sum::<usize>();
        let operation_prefix = self.operation.prefix().map_or(0, str::len);
        (self.operation.prefix().is_none(), operation_prefix, self.dimensions.len(), exact, prefixes)
    }

    /// The usage that both are for, if there is any.
    #[must_use]
    pub(super) fn meet(&self, other: &Self) -> Option<Self> {
        let operation = narrower(&self.operation, &other.operation)?.clone();
        let mut dimensions = self.dimensions.clone();
        for (name, pattern) in &other.dimensions {
            let met = match dimensions.get(name) {
                Some(own) => narrower(own, pattern)?.clone(),
                None => pattern.clone(),
            };
            dimensions.insert(name.clone(), met);
        }
        Some(Self { operation, dimensions })
    }

    /// Whether it is for all the usage that the other one is for.
    #[must_use]
    pub(super) fn covers(&self, other: &Self) -> bool {
        let covers_dimension = |(name, pattern): (&Unit, &Pattern)| {
            other.dimensions.get(name).is_some_and(|narrow| covers(pattern, narrow))
        };
        covers(&self.operation, &other.operation) && self.dimensions.iter().all(covers_dimension)
    }
}

fn covers(wide: &Pattern, narrow: &Pattern) -> bool {
    match (wide.prefix(), narrow.prefix()) {
        (Some(wide), Some(narrow)) => narrow.starts_with(wide),
        (Some(_), None) => wide.matches(narrow.as_str()),
        (None, Some(_)) => false,
        (None, None) => wide == narrow,
    }
}

fn narrower<'a>(a: &'a Pattern, b: &'a Pattern) -> Option<&'a Pattern> {
    if covers(a, b) { Some(b) } else { covers(b, a).then_some(a) }
}

/// `chat.*[model=gpt-4*, region=eu]`
impl fmt::Display for Scope {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.operation.as_str())?;
        if self.dimensions.is_empty() {
            return Ok(());
        }
        let named: Vec<_> = self.dimensions.iter().map(|(name, p)| format!("{name}={}", p.as_str())).collect();
        write!(f, "[{}]", named.join(", "))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn scope(operation: &str, dimensions: &[(&str, &str)]) -> Scope {
        let pattern = |text: &str| Pattern::try_new(text).expect("short");
        let dimensions = dimensions.iter().map(|(name, value)| (Unit::try_new(name).expect("short"), pattern(value)));
        Scope { operation: pattern(operation), dimensions: dimensions.collect() }
    }

    #[test]
    fn the_more_specific_wins() {
        let from_wide_to_narrow = [
            scope("*", &[]),
            scope("*", &[("model", "gpt-4")]),
            scope("chat.*", &[]),
            scope("chat.*", &[("model", "g*")]),
            scope("chat.*", &[("model", "gpt-4*")]),
            scope("chat.*", &[("model", "gpt-4")]),
            scope("chat.*", &[("model", "gpt-4"), ("region", "e*")]),
            scope("chat.long.*", &[]),
            scope("chat", &[]),
            scope("chat", &[("region", "*")]),
        ];
        assert!(from_wide_to_narrow.windows(2).all(|pair| pair[0].rank() < pair[1].rank()));
    }

    #[test]
    fn scopes_meet_where_both_are_for_the_same_usage() {
        let by_model = scope("chat*", &[("model", "gpt-4")]);
        let by_region = scope("chat.*", &[("region", "eu")]);
        let both = by_model.meet(&by_region).expect("they meet");
        assert_eq!(both, scope("chat.*", &[("model", "gpt-4"), ("region", "eu")]));
        assert!(by_model.covers(&both) && by_region.covers(&both) && !both.covers(&by_model));
        assert_eq!(by_model.meet(&scope("mail", &[])), None);
        assert_eq!(by_model.meet(&scope("chat", &[("model", "claude*")])), None);
    }

    #[test]
    fn a_dimension_that_is_named_must_be_there() {
        let usage = |dimensions: &[(&str, &str)]| -> BTreeMap<Unit, Label> {
            let label = |text: &str| Label::try_new(text).expect("short");
            dimensions.iter().map(|(k, v)| (Unit::try_new(k).expect("short"), label(v))).collect()
        };
        let priced = scope("chat.*", &[("model", "gpt-4*")]);
        assert!(priced.matches("chat.a", &usage(&[("model", "gpt-4o"), ("region", "eu")])));
        assert!(!priced.matches("chat.a", &usage(&[("region", "eu")])));
        assert!(!priced.matches("chat", &usage(&[("model", "gpt-4")])));
        assert!(scope("chat", &[("region", "*")]).matches("chat", &usage(&[("region", "eu")])));
        assert!(!scope("chat", &[("region", "*")]).matches("chat", &usage(&[])));
    }
}
