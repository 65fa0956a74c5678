//! How many decimals an amount has where a person reads it.
//!
//! Invariant: a scale changes nothing but what is shown. Amounts in events, JSON, SQL and CSV are whole credits, and so is
//! every amount that is given; nothing here is ever computed with.

use std::fmt::Display;

use crate::price::ExactCredits;

/// A number of decimals. An amount of 1250 is shown as 12.50 where there are two.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Scale(u8);

impl Scale {
    /// The most decimals: with nine, the largest amount of one command (10^15) is a million, which people still read.
    pub const MAX_DECIMALS: u8 = 9;

    #[must_use]
    pub fn try_new(decimals: u8) -> Option<Self> {
        (decimals <= Self::MAX_DECIMALS).then_some(Self(decimals))
    }

    #[must_use]
    pub fn decimals(self) -> u8 {
        self.0
    }

    /// An amount as people read it: exactly so many decimals.
    #[must_use]
    pub fn shown(self, amount: impl Into<i128>) -> String {
        let (amount, decimals) = (amount.into(), usize::from(self.0));
        let sign = if amount < 0 { "-" } else { "" };
        let digits = format!("{:0>width$}", amount.unsigned_abs(), width = decimals + 1);
        let (whole, fraction) = digits.split_at(digits.len() - decimals);
        let point = if decimals == 0 { "" } else { "." };
        format!("{sign}{whole}{point}{fraction}")
    }

    /// A rate, or a sum that is not rounded: as many decimals as it has.
    #[must_use]
    pub fn shown_exact(self, rate: ExactCredits) -> impl Display {
        rate.shifted(self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::credits::Credits;

    #[test]
    fn the_point_moves_and_nothing_is_rounded() {
        for (decimals, amount, shown) in [
            (0, 1_250, "1250"),
            (0, -7, "-7"),
            (2, 1_250, "12.50"),
            (2, 5, "0.05"),
            (2, 0, "0.00"),
            (2, -5, "-0.05"),
            (2, -100, "-1.00"),
            (9, 1, "0.000000001"),
            (9, Credits::MAX_AMOUNT.get(), "1000000.000000000"),
            (9, i64::MIN, "-9223372036.854775808"),
        ] {
            assert_eq!(Scale::try_new(decimals).expect("a scale").shown(amount), shown);
        }
        assert_eq!(Scale::default().shown(i128::MIN), i128::MIN.to_string());
    }

    #[test]
    fn rates_keep_the_decimals_that_they_have() {
        let shown = |decimals, rate: &str| {
            let rate = ExactCredits::try_new(rate).expect("a rate");
            Scale::try_new(decimals).expect("a scale").shown_exact(rate).to_string()
        };
        assert_eq!([shown(0, "0.0250"), shown(2, "0.0250"), shown(2, "10")], ["0.025", "0.00025", "0.1"]);
        assert_eq!(shown(9, "0.000000000001"), "0.000000000000000000001");
        assert_eq!(shown(9, "999999999999999.999999999999"), "999999.999999999999999999999");
        assert_eq!(shown(3, "0"), "0");
    }

    #[test]
    fn there_are_nine_decimals_at_most() {
        assert_eq!([0, 9, 10, 255].map(|decimals| Scale::try_new(decimals).is_some()), [true, true, false, false]);
    }
}
