//! Text that callers give. Every string of every command is one of these, because one U+0000 that `json` accepts and
//! `jsonb` refuses would stop a projector for good (CORRECTNESS C23).

use std::fmt;
use std::sync::Arc;

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

/// Why a text was refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum TextError {
    #[error("must not be empty")]
    Empty,
    #[error("is {bytes} bytes long; at most {max} are allowed")]
    TooLong { bytes: usize, max: usize },
    #[error("must not contain the character U+0000")]
    Nul,
}

/// A text of 1 to `MAX` bytes without U+0000. Reading one back from the log checks nothing: what was accepted once
/// stays readable when a limit shrinks.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Text<const MAX: usize>(Arc<str>);

impl<const MAX: usize> Text<MAX> {
    /// # Errors
    /// [`TextError`] when the text is empty, longer than `MAX` bytes, or contains U+0000.
    pub fn try_new(text: &str) -> Result<Self, TextError> {
        if text.is_empty() {
            return Err(TextError::Empty);
        }
        if text.len() > MAX {
            return Err(TextError::TooLong { bytes: text.len(), max: MAX });
        }
        if text.contains('\0') {
            return Err(TextError::Nul);
        }
        Ok(Self(text.into()))
    }

    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl<const MAX: usize> fmt::Display for Text<MAX> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// What was done: `gpt-4`, `email.send`. Also the subject (end user or key) and the values of dimensions.
pub type Label = Text<128>;
/// A unit or the name of a dimension: `input_tokens`, `model`.
pub type Unit = Text<64>;
/// A reference to something outside: an invoice, a payment, a job.
pub type ReferenceText = Text<255>;
/// A reason or description, for people.
pub type Note = Text<1000>;
/// The address of a page; a processor's own are long.
pub type Link = Text<2048>;

/// A JSON object of the caller's, kept as it is: at most 8 KiB and 8 levels deep.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Metadata(Map<String, Value>);

/// Why metadata was refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum MetadataError {
    #[error("is {bytes} bytes of JSON; at most {max} are allowed", max = Metadata::MAX_BYTES)]
    TooLong { bytes: usize },
    #[error("is nested deeper than {max} levels", max = Metadata::MAX_DEPTH)]
    TooDeep,
    #[error("must not contain the character U+0000, in keys or values")]
    Nul,
}

impl Metadata {
    /// The most bytes of JSON: enough for ids and labels, too little for a document store.
    pub const MAX_BYTES: usize = 8 * 1024;
    /// The deepest nesting, far below where a recursive reader would run out of stack.
    pub const MAX_DEPTH: usize = 8;

    /// # Errors
    /// [`MetadataError`] when the object is too long, too deep, or contains U+0000.
    pub fn try_new(object: Map<String, Value>) -> Result<Self, MetadataError> {
        if object.iter().any(|(key, value)| key.contains('\0') || has_nul(value)) {
            return Err(MetadataError::Nul);
        }
        if object.values().map(depth).max().unwrap_or(0) + 1 > Self::MAX_DEPTH {
            return Err(MetadataError::TooDeep);
        }
        let bytes = serde_json::to_string(&object).map_or(usize::MAX, |text| text.len());
        if bytes > Self::MAX_BYTES {
            return Err(MetadataError::TooLong { bytes });
        }
        Ok(Self(object))
    }

    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    #[must_use]
    pub fn object(&self) -> &Map<String, Value> {
        &self.0
    }
}

fn has_nul(value: &Value) -> bool {
    match value {
        Value::String(text) => text.contains('\0'),
        Value::Array(items) => items.iter().any(has_nul),
        Value::Object(object) => object.iter().any(|(key, value)| key.contains('\0') || has_nul(value)),
        Value::Null | Value::Bool(_) | Value::Number(_) => false,
    }
}

fn depth(value: &Value) -> usize {
    match value {
        Value::Array(items) => 1 + items.iter().map(depth).max().unwrap_or(0),
        Value::Object(object) => 1 + object.values().map(depth).max().unwrap_or(0),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => 0,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn object(value: Value) -> Map<String, Value> {
        match value {
            Value::Object(object) => object,
            other => panic!("not an object: {other}"),
        }
    }

    #[test]
    fn texts_are_bounded_in_bytes_and_free_of_nul() {
        assert_eq!(Text::<4>::try_new(""), Err(TextError::Empty));
        assert_eq!(Text::<4>::try_new("äöü"), Err(TextError::TooLong { bytes: 6, max: 4 }));
        assert_eq!(Text::<4>::try_new("a\0"), Err(TextError::Nul));
        assert!(Text::<4>::try_new("äö").is_ok());
    }

    #[test]
    fn metadata_is_bounded_and_free_of_nul() {
        assert_eq!(Metadata::try_new(object(json!({"a\0": 1}))), Err(MetadataError::Nul));
        assert_eq!(Metadata::try_new(object(json!({"a": [{"b": "\0"}]}))), Err(MetadataError::Nul));
        assert_eq!(
            Metadata::try_new(object(json!({"a": "x".repeat(9000)}))),
            Err(MetadataError::TooLong { bytes: 9008 })
        );
        let deep = (0..8).fold(json!(1), |inner, _| json!([inner]));
        assert_eq!(Metadata::try_new(object(json!({"a": deep}))), Err(MetadataError::TooDeep));
        let allowed = (0..7).fold(json!(1), |inner, _| json!([inner]));
        assert!(Metadata::try_new(object(json!({"a": allowed}))).is_ok());
    }
}
