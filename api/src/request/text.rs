//! Strings of a body, checked by the domain's types; a refusal names the field.

use std::collections::BTreeMap;

use domain::text::{Label, Metadata, MetadataError, Note, ReferenceText, Text, TextError, Unit};
use serde_json::{Map, Value};
use uuid::Uuid;

use crate::problem::Problem;
use crate::request::amount::{Given, Range, integer};

/// # Errors
/// Which limit the text breaks.
pub fn text<const MAX: usize>(field: &'static str, given: &str) -> Result<Text<MAX>, Problem> {
    Text::try_new(given).map_err(|error| {
        let code = match error {
            TextError::Empty => "text_empty",
            TextError::TooLong { .. } => "text_too_long",
            TextError::Nul => "text_nul",
        };
        Problem::invalid(code, "Not a valid text", format!("`{field}` {error}")).with("field", field)
    })
}

/// # Errors
/// As [`text`], for a text that is given.
pub fn optional<const MAX: usize>(field: &'static str, given: Option<&str>) -> Result<Option<Text<MAX>>, Problem> {
    given.map(|given| text(field, given)).transpose()
}

/// # Errors
/// `field` is missing, or as [`text`].
pub fn required<const MAX: usize>(field: &'static str, given: Option<&str>) -> Result<Text<MAX>, Problem> {
    text(field, given.ok_or_else(|| missing(field))?)
}

#[must_use]
pub fn missing(field: &'static str) -> Problem {
    Problem::invalid("missing_field", "Not what was expected", format!("`{field}` is required")).with("field", field)
}

/// # Errors
/// Which limit the metadata breaks.
pub fn metadata(given: Option<Map<String, Value>>) -> Result<Metadata, Problem> {
    Metadata::try_new(given.unwrap_or_default()).map_err(|error| {
        let code = match error {
            MetadataError::TooLong { .. } => "metadata_too_long",
            MetadataError::TooDeep => "metadata_too_deep",
            MetadataError::Nul => "text_nul",
        };
        Problem::invalid(code, "Not valid metadata", format!("`metadata` {error}")).with("field", "metadata")
    })
}

/// # Errors
/// A unit's name or number is not valid.
pub fn quantities(given: Option<BTreeMap<String, Given>>) -> Result<BTreeMap<Unit, u64>, Problem> {
    let quantity = |(unit, given): (String, Given)| {
        let value = integer("quantities", given, Range::ZeroOrMore)?;
        Ok((text("quantities", &unit)?, u64::try_from(value).expect("the range begins at zero")))
    };
    given.unwrap_or_default().into_iter().map(quantity).collect()
}

/// # Errors
/// A dimension's name or value is not valid.
pub fn dimensions(given: Option<BTreeMap<String, String>>) -> Result<BTreeMap<Unit, Label>, Problem> {
    let dimension = |(name, value): (String, String)| Ok((text("dimensions", &name)?, text("dimensions", &value)?));
    given.unwrap_or_default().into_iter().map(dimension).collect()
}

/// # Errors
/// The reason is missing or not valid.
pub fn reason(given: Option<&str>) -> Result<Note, Problem> {
    required("reason", given)
}

/// # Errors
/// The reference is missing or not valid.
pub fn reference(field: &'static str, given: Option<&str>) -> Result<ReferenceText, Problem> {
    required(field, given)
}

/// # Errors
/// The text is not a UUID.
pub fn id(field: &'static str, given: &str) -> Result<Uuid, Problem> {
    Uuid::parse_str(given).map_err(|_| {
        let detail = format!("`{field}` is not a UUID such as 0198c1f8-0000-8000-8000-000000000000");
        Problem::invalid("invalid_id", "Not a valid id", detail).with("field", field)
    })
}
