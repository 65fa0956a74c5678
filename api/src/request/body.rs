//! Bodies: strict JSON, and errors that say where and what would be right.

use std::fmt;

use http::header::CONTENT_TYPE;
use http::{HeaderMap, StatusCode};
use serde::Deserialize;
use serde::de::{DeserializeOwned, Deserializer, Error as _, MapAccess, Visitor};
use serde_json::error::Category;
use serde_json::{Map, Value};

use crate::problem::Problem;

/// The body of one command.
#[derive(Clone, Debug)]
pub enum Body<'a> {
    /// As it was sent: errors name line and column.
    Text(&'a [u8]),
    /// An item of a batch without its envelope.
    Object(Map<String, Value>),
}

impl Body<'_> {
    /// Reads the body into its type.
    ///
    /// # Errors
    /// What is wrong with it, where, and what was expected.
    pub fn read<T: DeserializeOwned>(self) -> Result<T, Problem> {
        match self {
            Self::Text(text) => read_text(text),
            Self::Object(object) => {
                serde_path_to_error::deserialize(Value::Object(object)).map_err(|error| data_problem(&error))
            }
        }
    }
}

/// Reads JSON text; an error is found again with its path, off the fast way.
///
/// # Errors
/// As [`Body::read`].
pub fn read_text<T: DeserializeOwned>(text: &[u8]) -> Result<T, Problem> {
    let text = if text.is_empty() { b"{}" } else { text };
    serde_json::from_slice(text).map_err(|error| match error.classify() {
        Category::Syntax | Category::Eof | Category::Io => syntax_problem(&error),
        Category::Data => {
            let mut reader = serde_json::Deserializer::from_slice(text);
            match serde_path_to_error::deserialize::<_, T>(&mut reader) {
                Err(error) => data_problem(&error),
                Ok(_) => syntax_problem(&error),
            }
        }
    })
}

fn syntax_problem(error: &serde_json::Error) -> Problem {
    Problem::malformed("malformed_json", "Not JSON", format!("the body is not valid JSON: {error}"))
        .with("line", error.line())
        .with("column", error.column())
}

fn data_problem(error: &serde_path_to_error::Error<serde_json::Error>) -> Problem {
    let (path, inner) = (error.path().to_string(), error.inner());
    let message = inner.to_string();
    let code = if message.starts_with("unknown field") {
        "unknown_field"
    } else if message.starts_with("missing field") {
        "missing_field"
    } else if message.starts_with("duplicate field") {
        "duplicate_field"
    } else {
        "wrong_type"
    };
    let detail = if path == "." { message } else { format!("`{path}`: {message}") };
    let problem = Problem::invalid(code, "Not what was expected", detail).with("field", path);
    match inner.line() {
        0 => problem,
        line => problem.with("line", line).with("column", inner.column()),
    }
}

/// A JSON object in which no name comes twice: a second one would be hashed but not read, or the reverse.
#[derive(Clone, Debug, Default)]
pub struct Object(pub Map<String, Value>);

impl<'de> Deserialize<'de> for Object {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_map(ObjectVisitor)
    }
}

struct ObjectVisitor;

impl<'de> Visitor<'de> for ObjectVisitor {
    type Value = Object;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a JSON object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut entries: A) -> Result<Object, A::Error> {
        let mut object = Map::new();
        while let Some((name, value)) = entries.next_entry::<String, Value>()? {
            if object.contains_key(&name) {
                return Err(A::Error::custom(format_args!("duplicate field `{name}`")));
            }
            object.insert(name, value);
        }
        Ok(Object(object))
    }
}

/// Refuses a body that does not say that it is JSON; an empty body says nothing and needs no type.
///
/// # Errors
/// 415 with the type that is expected.
pub fn check_content_type(headers: &HeaderMap, body: &[u8]) -> Result<(), Problem> {
    let given = headers.get(CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let essence = given.split(';').next().unwrap_or_default().trim();
    if body.is_empty() || essence.eq_ignore_ascii_case("application/json") {
        return Ok(());
    }
    let detail = format!("the body's Content-Type is `{given}`; send `application/json`");
    Err(Problem::new(StatusCode::UNSUPPORTED_MEDIA_TYPE, "unsupported_media_type", "Not JSON", detail))
}
