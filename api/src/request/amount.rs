//! Numbers as callers write them. Reading never fails, so that each mistake gets a code of its own.
//!
//! Invariant: no float becomes an amount; `50.0` is refused, not rounded.

use std::fmt;

use domain::Credits;
use serde::de::{Deserialize, Deserializer, IgnoredAny, MapAccess, SeqAccess, Visitor};

use crate::problem::Problem;

/// A JSON value where a whole number belongs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Given {
    Integer(i128),
    /// Written with a decimal point or an exponent.
    Fractional,
    /// An integer past 64 bits, by its sign.
    Huge {
        negative: bool,
    },
    /// Something else than a number.
    Other(&'static str),
}

impl<'de> Deserialize<'de> for Given {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(GivenVisitor)
    }
}

struct GivenVisitor;

impl<'de> Visitor<'de> for GivenVisitor {
    type Value = Given;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a whole number")
    }

    fn visit_i64<E>(self, value: i64) -> Result<Given, E> {
        Ok(Given::Integer(value.into()))
    }

    fn visit_u64<E>(self, value: u64) -> Result<Given, E> {
        Ok(Given::Integer(value.into()))
    }

    fn visit_f64<E>(self, value: f64) -> Result<Given, E> {
        // serde_json reads integers past 64 bits as floats; every float this large is a whole number.
        const ABOVE_ANY_AMOUNT: f64 = 1e16;
        let huge = value.abs() >= ABOVE_ANY_AMOUNT;
        Ok(if huge { Given::Huge { negative: value.is_sign_negative() } } else { Given::Fractional })
    }

    fn visit_str<E>(self, _: &str) -> Result<Given, E> {
        Ok(Given::Other("a string"))
    }

    fn visit_bool<E>(self, _: bool) -> Result<Given, E> {
        Ok(Given::Other("true or false"))
    }

    fn visit_unit<E>(self) -> Result<Given, E> {
        Ok(Given::Other("null"))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Given, A::Error> {
        while items.next_element::<IgnoredAny>()?.is_some() {}
        Ok(Given::Other("a list"))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut entries: A) -> Result<Given, A::Error> {
        while entries.next_entry::<IgnoredAny, IgnoredAny>()?.is_some() {}
        Ok(Given::Other("an object"))
    }
}

/// Which numbers a field takes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Range {
    /// 1 to the largest amount.
    Positive,
    /// 0 to the largest amount.
    ZeroOrMore,
    /// Either sign, but not zero.
    NonZero,
}

/// A required amount of credits.
///
/// # Errors
/// One code for each mistake.
pub fn required(field: &'static str, given: Option<Given>, range: Range) -> Result<Credits, Problem> {
    let given =
        given.ok_or_else(|| wrong("amount_missing", field, format!("`{field}` is required: {}", wanted(range))))?;
    Ok(Credits::new(integer(field, given, range)?))
}

/// An amount of credits that may be left out.
///
/// # Errors
/// As [`required`], for an amount that is given.
pub fn optional(field: &'static str, given: Option<Given>, range: Range) -> Result<Option<Credits>, Problem> {
    given.map(|given| integer(field, given, range).map(Credits::new)).transpose()
}

/// A whole number within `range` and [`Credits::MAX_AMOUNT`].
///
/// # Errors
/// One code for each mistake.
pub fn integer(field: &'static str, given: Given, range: Range) -> Result<i64, Problem> {
    let max = i128::from(Credits::MAX_AMOUNT.get());
    let lowest = if range == Range::NonZero { -max } else { 0 };
    match given {
        Given::Other(kind) => Err(wrong(
            "amount_not_a_number",
            field,
            format!("`{field}` is {kind}; write a number without quotes, such as 50"),
        )),
        Given::Fractional => Err(wrong(
            "amount_fractional",
            field,
            format!("`{field}` has a fraction or exponent; credits are whole numbers, written like 50"),
        )),
        Given::Huge { negative: true } if range != Range::NonZero => Err(negative(field, range)),
        Given::Huge { .. } => Err(too_large(field)),
        Given::Integer(value) if value.abs() > max && value > lowest => Err(too_large(field)),
        Given::Integer(value) if value < lowest && range == Range::NonZero => Err(too_large(field)),
        Given::Integer(value) if value < lowest => Err(negative(field, range)),
        Given::Integer(0) if range != Range::ZeroOrMore => {
            Err(wrong("amount_zero", field, format!("`{field}` is 0: {}", wanted(range))))
        }
        Given::Integer(value) => Ok(i64::try_from(value).expect("the largest amount fits 64 bits")),
    }
}

fn wanted(range: Range) -> String {
    let max = Credits::MAX_AMOUNT;
    match range {
        Range::Positive => format!("give a whole number from 1 to {max}"),
        Range::ZeroOrMore => format!("give a whole number from 0 to {max}"),
        Range::NonZero => format!("give a whole number from -{max} to {max} that is not 0"),
    }
}

fn negative(field: &'static str, range: Range) -> Problem {
    wrong("amount_negative", field, format!("`{field}` is negative: {}", wanted(range)))
}

fn too_large(field: &'static str) -> Problem {
    let max = Credits::MAX_AMOUNT;
    wrong("amount_too_large", field, format!("`{field}` is too large: at most {max}")).with("maximum", max.get())
}

fn wrong(code: &'static str, field: &'static str, detail: String) -> Problem {
    Problem::invalid(code, "Not a valid amount", detail).with("field", field)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn code(json: &str, range: Range) -> Result<i64, &'static str> {
        let given: Given = serde_json::from_str(json).expect("reading never fails");
        integer("amount", given, range).map_err(|problem| problem.code)
    }

    #[test]
    fn each_mistake_has_its_code() {
        for (json, expected) in [
            ("-1", "amount_negative"),
            ("-9223372036854775808", "amount_negative"),
            ("-1e300", "amount_negative"),
            ("0", "amount_zero"),
            ("1.5", "amount_fractional"),
            ("50.0", "amount_fractional"),
            ("1e3", "amount_fractional"),
            ("1000000000000001", "amount_too_large"),
            ("18446744073709551615", "amount_too_large"),
            ("99999999999999999999999", "amount_too_large"),
            ("\"50\"", "amount_not_a_number"),
            ("true", "amount_not_a_number"),
            ("[1, 2]", "amount_not_a_number"),
            ("{\"a\": 1}", "amount_not_a_number"),
        ] {
            assert_eq!(code(json, Range::Positive), Err(expected), "{json}");
        }
        assert_eq!(code("1000000000000000", Range::Positive), Ok(1_000_000_000_000_000));
    }

    #[test]
    fn ranges_differ_at_zero_and_below() {
        assert_eq!(code("0", Range::ZeroOrMore), Ok(0));
        assert_eq!(code("0", Range::NonZero), Err("amount_zero"));
        assert_eq!(code("-7", Range::NonZero), Ok(-7));
        assert_eq!(code("-1000000000000001", Range::NonZero), Err("amount_too_large"));
        assert_eq!(code("-1e300", Range::NonZero), Err("amount_too_large"));
    }

    #[test]
    fn a_missing_amount_is_named() {
        let problem = required("credits", None, Range::Positive).expect_err("it is missing");
        assert_eq!((problem.code, problem.numbers["field"].as_str()), ("amount_missing", Some("credits")));
    }
}
