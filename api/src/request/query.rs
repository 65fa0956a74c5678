//! What the parameters of reads have in common: pages, instants, lists.

use chrono::{DateTime, TimeZone, Utc};
use domain::Timestamp;
use domain::time::{end_of_time, to_micros};
use projections::queries::{Limit, PageRequest};

use crate::problem::Problem;

/// # Errors
/// The limit is out of bounds.
pub fn page(limit: Option<u32>, cursor: Option<String>) -> Result<PageRequest, Problem> {
    let limit = limit.map_or(Some(Limit::DEFAULT), Limit::new).ok_or_else(|| invalid_limit(limit))?;
    Ok(PageRequest { limit, cursor })
}

fn invalid_limit(limit: Option<u32>) -> Problem {
    let detail = format!("`limit` is {}; give 1 to {}", limit.unwrap_or_default(), Limit::MAX);
    Problem::invalid("invalid_limit", "Not a valid limit", detail).with("maximum", Limit::MAX)
}

/// The cursor of a list of versions: the last version of the page before.
///
/// # Errors
/// It is not a number.
pub fn version_cursor(given: &str) -> Result<u32, Problem> {
    given.parse().map_err(|_| {
        Problem::malformed(
            "cursor_malformed",
            "Not a valid cursor",
            "this is not a cursor that the ledger has given out",
        )
    })
}

/// An instant that the database can keep, to the microsecond.
///
/// # Errors
/// It is not in the years 1 to 9999.
pub fn instant(field: &'static str, given: Option<DateTime<Utc>>) -> Result<Option<Timestamp>, Problem> {
    let first = Utc.with_ymd_and_hms(1, 1, 1, 0, 0, 0).single().expect("the first second of year 1 is one instant");
    match given.map(to_micros) {
        Some(at) if !(first..=end_of_time()).contains(&at) => {
            let detail = format!("`{field}` is not in the years 1 to 9999");
            Err(Problem::invalid("invalid_value", "Not a valid value", detail).with("field", field))
        }
        given => Ok(given),
    }
}

/// One of the values that there are.
///
/// # Errors
/// It is none of them.
pub fn one_of(field: &'static str, given: &str, values: &'static [&'static str]) -> Result<&'static str, Problem> {
    values.iter().find(|value| **value == given).copied().ok_or_else(|| {
        let detail = format!("`{field}` is {given:?}; it can be {}", values.join(", "));
        Problem::invalid("invalid_value", "Not a valid value", detail).with("field", field)
    })
}

/// The parts of a list that is separated by commas; none of an absent or empty one.
pub fn list(given: Option<&str>) -> impl Iterator<Item = &str> {
    given.into_iter().flat_map(|text| text.split(',')).map(str::trim).filter(|part| !part.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn limits_have_bounds_and_a_default() {
        assert_eq!(page(None, None).expect("the default").limit, Limit::DEFAULT);
        for limit in [0, 1_001] {
            assert_eq!(page(Some(limit), None).expect_err("out of bounds").code, "invalid_limit");
        }
    }

    #[test]
    fn instants_are_cut_and_bounded() {
        let at = |text: &str| text.parse::<DateTime<Utc>>().expect("an instant");
        let cut = instant("from", Some(at("2026-01-01T00:00:00.1234567Z"))).expect("valid");
        assert_eq!(cut, Some(at("2026-01-01T00:00:00.123456Z")));
        assert_eq!(instant("from", Some(at("+10000-01-01T00:00:00Z"))).expect_err("too late").code, "invalid_value");
        assert!(instant("from", Some(at("-0001-01-01T00:00:00Z"))).is_err());
    }

    #[test]
    fn values_are_those_that_there_are() {
        assert_eq!(one_of("status", "pending", &["pending"]), Ok("pending"));
        assert_eq!(one_of("status", "Pending", &["pending"]).expect_err("none of them").code, "invalid_value");
    }

    #[test]
    fn lists_are_separated_by_commas() {
        assert_eq!(list(Some("a, b,,c")).collect::<Vec<_>>(), ["a", "b", "c"]);
        assert_eq!(list(None).count() + list(Some("")).count(), 0);
    }
}
