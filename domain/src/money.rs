//! Money as people write it, in major units: `9.99 USD`, `500 JPY`.
//!
//! Invariant: no floats; a text with more decimals than the currency has is refused, not rounded.

use crate::grant::{Currency, Money};

/// Currencies without a smaller unit.
const WITHOUT_DECIMALS: [&str; 16] =
    ["BIF", "CLP", "DJF", "GNF", "JPY", "KMF", "KRW", "MGA", "PYG", "RWF", "UGX", "VND", "VUV", "XAF", "XOF", "XPF"];
/// Currencies whose smallest unit is a thousandth.
const WITH_THREE_DECIMALS: [&str; 7] = ["BHD", "IQD", "JOD", "KWD", "LYD", "OMR", "TND"];

/// Why a text is no amount of a currency.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum InvalidMoney {
    #[error("is not an amount of money such as 9 or 9.99")]
    NotANumber,
    #[error("has more than the {decimals} decimals of {currency}")]
    TooFine { decimals: usize, currency: String },
}

/// How many decimals an amount of the currency has (ISO 4217).
#[must_use]
pub fn decimals(currency: Currency) -> usize {
    let code = String::from(currency);
    if WITHOUT_DECIMALS.contains(&code.as_str()) {
        0
    } else if WITH_THREE_DECIMALS.contains(&code.as_str()) {
        3
    } else {
        2
    }
}

/// Reads an amount in major units: `999` US dollars are 99,900 cents.
///
/// # Errors
/// [`InvalidMoney`].
pub fn from_major(text: &str, currency: Currency) -> Result<Money, InvalidMoney> {
    let (whole, fraction) = text.split_once('.').unwrap_or((text, "0"));
    let digits = |part: &str| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit());
    if !digits(whole) || !digits(fraction) {
        return Err(InvalidMoney::NotANumber);
    }
    let (fraction, decimals) = (fraction.trim_end_matches('0'), decimals(currency));
    if fraction.len() > decimals {
        return Err(InvalidMoney::TooFine { decimals, currency: currency.into() });
    }
    let minor = format!("{whole}{fraction:0<decimals$}");
    let amount_minor = minor.parse().map_err(|_| InvalidMoney::NotANumber)?;
    Ok(Money { amount_minor, currency })
}

/// Writes an amount in major units, with all decimals of its currency.
#[must_use]
pub fn to_major(money: Money) -> String {
    let decimals = decimals(money.currency);
    let digits = format!("{:0>width$}", money.amount_minor.unsigned_abs(), width = decimals + 1);
    let (whole, fraction) = digits.split_at(digits.len() - decimals);
    let sign = if money.amount_minor < 0 { "-" } else { "" };
    let dot = if decimals == 0 { "" } else { "." };
    format!("{sign}{whole}{dot}{fraction} {}", String::from(money.currency))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn currency(code: &str) -> Currency {
        Currency::try_new(code).expect("a code")
    }

    #[test]
    fn major_units_become_minor_ones_and_back() {
        for (text, code, minor, written) in [
            ("999", "USD", 99_900, "999.00 USD"),
            ("9.9", "usd", 990, "9.90 USD"),
            ("0.07", "EUR", 7, "0.07 EUR"),
            ("9.990", "USD", 999, "9.99 USD"),
            ("500", "JPY", 500, "500 JPY"),
            ("1.234", "KWD", 1_234, "1.234 KWD"),
            ("0", "USD", 0, "0.00 USD"),
        ] {
            let money = from_major(text, currency(code)).expect(text);
            assert_eq!((money.amount_minor, to_major(money).as_str()), (minor, written));
        }
        assert_eq!(to_major(Money { amount_minor: -5, currency: currency("USD") }), "-0.05 USD");
    }

    #[test]
    fn what_is_no_amount_is_refused() {
        for (text, code) in [("", "USD"), ("-1", "USD"), ("1,5", "USD"), ("1.", "USD"), (".5", "USD"), ("1e3", "USD")] {
            assert_eq!(from_major(text, currency(code)), Err(InvalidMoney::NotANumber), "{text}");
        }
        for (text, code) in [("9.999", "USD"), ("0.5", "JPY"), ("1.0001", "KWD")] {
            assert!(matches!(from_major(text, currency(code)), Err(InvalidMoney::TooFine { .. })), "{text}");
        }
        assert_eq!(from_major("99999999999999999999", currency("USD")), Err(InvalidMoney::NotANumber));
    }
}
