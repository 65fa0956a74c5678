//! Credits with decimals: rates, and sums before they are rounded.
//!
//! Invariant: every value is exact. It has at most [`ExactCredits::MAX_DECIMALS`] decimals and is from 0 to
//! [`Credits::MAX_AMOUNT`], which 96 bits hold with room to spare (10^15 * 10^12 < 2^96). A product or sum that would
//! need more bits is therefore above the maximum however it is rounded, and is refused: `None`, never a panic.

use std::fmt;

use rust_decimal::prelude::ToPrimitive;
use rust_decimal::{Decimal, RoundingStrategy};
use serde::de::{Error, Unexpected, Visitor};
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::credits::Credits;

/// A number of credits that need not be whole, or credits for one unit.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ExactCredits(Decimal);

/// Why a number is no exact number of credits.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum InvalidExactCredits {
    #[error("is not a decimal number such as \"0.0025\"")]
    NotANumber,
    #[error("has more than {} decimals: what is smaller rounds to nothing", ExactCredits::MAX_DECIMALS)]
    TooFine,
    #[error("must be from 0 to 10^15")]
    OutOfRange,
}

/// How the sum of a price becomes whole credits; applied once.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Rounding {
    #[default]
    Up,
    Down,
    /// To the nearest, and halves up.
    HalfUp,
    /// To the nearest, and halves to the even neighbour.
    HalfEven,
}

impl ExactCredits {
    pub const ZERO: Self = Self(Decimal::ZERO);
    /// A trillionth of a credit: finer than any price, and coarse enough for sums of the largest amounts.
    pub const MAX_DECIMALS: u32 = 12;

    /// # Errors
    /// [`InvalidExactCredits`] unless the text is a decimal number without exponent in the range above.
    pub fn try_new(text: &str) -> Result<Self, InvalidExactCredits> {
        let unsigned = text.strip_prefix('-').unwrap_or(text);
        let (whole, decimals) = unsigned.split_once('.').unwrap_or((unsigned, "0"));
        let is_number = |digits: &str| !digits.is_empty() && digits.bytes().all(|b| b.is_ascii_digit());
        if !is_number(whole) || !is_number(decimals) {
            return Err(InvalidExactCredits::NotANumber);
        }
        if decimals.len() > Self::MAX_DECIMALS as usize {
            return Err(InvalidExactCredits::TooFine);
        }
        // A number of this form that is not read has too many digits.
        let value = Decimal::from_str_exact(text).ok().and_then(Self::bounded);
        value.ok_or(InvalidExactCredits::OutOfRange)
    }

    /// A whole number of credits.
    #[must_use]
    pub fn whole(credits: u64) -> Option<Self> {
        Self::bounded(Decimal::from(credits))
    }

    fn bounded(value: Decimal) -> Option<Self> {
        let in_range = !value.is_sign_negative() && value <= Decimal::from(Credits::MAX_AMOUNT.get());
        in_range.then_some(Self(value))
    }

    #[must_use]
    pub fn is_zero(self) -> bool {
        self.0.is_zero()
    }

    #[must_use]
    pub fn checked_add(self, other: Self) -> Option<Self> {
        self.0.checked_add(other.0).and_then(Self::bounded)
    }

    #[must_use]
    pub fn checked_mul(self, times: u64) -> Option<Self> {
        self.0.checked_mul(Decimal::from(times)).and_then(Self::bounded)
    }

    /// The number with its point so many places further to the left, for people to read.
    pub(crate) fn shifted(self, places: u8) -> Decimal {
        let mut shifted = self.0.normalize();
        shifted.set_scale(shifted.scale() + u32::from(places)).expect("12 and 9 decimals are fewer than 28");
        shifted.normalize()
    }

    #[must_use]
    pub fn round(self, rule: Rounding) -> Credits {
        let strategy = match rule {
            Rounding::Up => RoundingStrategy::AwayFromZero,
            Rounding::Down => RoundingStrategy::ToZero,
            Rounding::HalfUp => RoundingStrategy::MidpointAwayFromZero,
            Rounding::HalfEven => RoundingStrategy::MidpointNearestEven,
        };
        let whole = self.0.round_dp_with_strategy(0, strategy);
        Credits::new(whole.to_i64().expect("a value is at most 10^15"))
    }
}

impl fmt::Display for ExactCredits {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.normalize().fmt(f)
    }
}

/// As text, because a JSON or TOML number with decimals is read as a float by nearly everybody.
impl Serialize for ExactCredits {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for ExactCredits {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(TextOrWhole)
    }
}

/// Reads `"0.0025"` and `3`, and says of `0.0025` that it needs quotes.
struct TextOrWhole;

impl Visitor<'_> for TextOrWhole {
    type Value = ExactCredits;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a whole number, or a decimal number in quotes such as \"0.0025\"")
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<Self::Value, E> {
        ExactCredits::try_new(text).map_err(|error| E::custom(format_args!("{text:?} {error}")))
    }

    fn visit_u64<E: Error>(self, number: u64) -> Result<Self::Value, E> {
        ExactCredits::whole(number).ok_or_else(|| E::custom(InvalidExactCredits::OutOfRange))
    }

    fn visit_i64<E: Error>(self, number: i64) -> Result<Self::Value, E> {
        let whole = u64::try_from(number).ok().and_then(ExactCredits::whole);
        whole.ok_or_else(|| E::custom(InvalidExactCredits::OutOfRange))
    }

    fn visit_f64<E: Error>(self, number: f64) -> Result<Self::Value, E> {
        Err(E::invalid_type(Unexpected::Float(number), &self))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn exact(text: &str) -> ExactCredits {
        ExactCredits::try_new(text).expect("a number")
    }

    #[test]
    fn only_exact_decimals_in_range_are_read() {
        for good in ["0", "0.10", "12", "0.000000000001", "1000000000000000", "007.5"] {
            assert!(ExactCredits::try_new(good).is_ok(), "{good}");
        }
        for bad in ["", "-", ".", "1e3", "0x1", "1,5", " 1", "1 ", "+1", "NaN", "1.2.3", "1_000", "--1", "-.", "1-2"] {
            assert_eq!(ExactCredits::try_new(bad), Err(InvalidExactCredits::NotANumber), "{bad}");
        }
        for bad in ["0.0000000000001", "1.0000000000000000000000000000001"] {
            assert_eq!(ExactCredits::try_new(bad), Err(InvalidExactCredits::TooFine), "{bad}");
        }
        for bad in ["-1", "-0.5", "1000000000000000.1", &"9".repeat(29), &"9".repeat(300)] {
            assert_eq!(ExactCredits::try_new(bad), Err(InvalidExactCredits::OutOfRange), "{bad}");
        }
    }

    #[test]
    fn what_does_not_fit_is_refused_and_what_fits_is_exact() {
        assert_eq!(exact("0.000000000001").checked_mul(1_000_000_000_000_000), Some(exact("1000")));
        assert_eq!(exact("999999999999999.999999999999").checked_mul(1), Some(exact("999999999999999.999999999999")));
        for times in [2, 1_000_000_000_000_000, u64::MAX] {
            assert_eq!(exact("999999999999999.999999999999").checked_mul(times), None);
        }
        assert_eq!(exact("1000000000000000").checked_add(exact("0.000000000001")), None);
        let sum = exact("999999999999999.9").checked_add(exact("0.099999999999"));
        assert_eq!(sum, Some(exact("999999999999999.999999999999")));
    }

    #[test]
    fn rounding_is_what_it_says() {
        for (text, [up, down, half_up, half_even]) in [
            ("0", [0, 0, 0, 0]),
            ("0.000000000001", [1, 0, 0, 0]),
            ("0.5", [1, 0, 1, 0]),
            ("1.5", [2, 1, 2, 2]),
            ("2.5", [3, 2, 3, 2]),
            ("2.500000000001", [3, 2, 3, 3]),
            ("7", [7, 7, 7, 7]),
            (
                "999999999999999.1",
                [1_000_000_000_000_000, 999_999_999_999_999, 999_999_999_999_999, 999_999_999_999_999],
            ),
        ] {
            let rounded = [Rounding::Up, Rounding::Down, Rounding::HalfUp, Rounding::HalfEven]
                .map(|rule| exact(text).round(rule).get());
            assert_eq!(rounded, [up, down, half_up, half_even], "{text}");
        }
    }

    #[test]
    fn numbers_are_whole_or_in_quotes() {
        let read = |json: &str| serde_json::from_str::<ExactCredits>(json).map_err(|error| error.to_string());
        assert_eq!(read("3"), Ok(exact("3")));
        assert_eq!(
            read("\"0.50\"").map(|value| serde_json::to_string(&value).expect("text")),
            Ok("\"0.5\"".to_owned())
        );
        assert!(read("0.5").is_err_and(|error| error.contains("in quotes")));
        assert!(read("-1").is_err_and(|error| error.contains("from 0 to 10^15")));
    }
}
