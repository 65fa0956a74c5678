//! The unit of account.
//!
//! Invariant: arithmetic is checked. `decide` refuses whatever would pass [`Credits::MAX_TOTAL`], so the operators
//! here cannot overflow on a stream that `decide` wrote; on any other they panic rather than wrap.

use std::fmt;
use std::iter::Sum;
use std::ops::{Add, Neg, Sub};

use serde::{Deserialize, Serialize};

/// A whole number of credits. Signed, because a balance may be below zero.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Credits(i64);

impl Credits {
    pub const ZERO: Self = Self(0);
    /// The largest amount of one command: 10^15, which leaves room for a thousand of them in [`Self::MAX_TOTAL`].
    pub const MAX_AMOUNT: Self = Self(1_000_000_000_000_000);
    /// The largest total that any counter of an organization may reach: 2^60, so that the sum of a few totals stays
    /// inside `i64`.
    pub const MAX_TOTAL: Self = Self(1 << 60);

    #[must_use]
    pub const fn new(value: i64) -> Self {
        Self(value)
    }

    #[must_use]
    pub const fn get(self) -> i64 {
        self.0
    }

    #[must_use]
    pub const fn is_zero(self) -> bool {
        self.0 == 0
    }

    #[must_use]
    pub const fn is_positive(self) -> bool {
        self.0 > 0
    }

    #[must_use]
    pub fn checked_add(self, other: Self) -> Option<Self> {
        self.0.checked_add(other.0).map(Self)
    }

    #[must_use]
    pub fn checked_sub(self, other: Self) -> Option<Self> {
        self.0.checked_sub(other.0).map(Self)
    }

    /// `self`, or zero when it is negative.
    #[must_use]
    pub fn or_zero(self) -> Self {
        self.max(Self::ZERO)
    }

    /// `self * numerator / denominator`, rounded down; `None` where the result does not fit.
    #[must_use]
    pub fn share(self, numerator: i64, denominator: i64) -> Option<Self> {
        let product = i128::from(self.0).checked_mul(i128::from(numerator))?;
        let quotient = product.checked_div_euclid(i128::from(denominator))?;
        i64::try_from(quotient).ok().map(Self)
    }
}

impl Add for Credits {
    type Output = Self;
    fn add(self, other: Self) -> Self {
        self.checked_add(other).expect("decide bounds every total by MAX_TOTAL")
    }
}

impl Sub for Credits {
    type Output = Self;
    fn sub(self, other: Self) -> Self {
        self.checked_sub(other).expect("decide bounds every total by MAX_TOTAL")
    }
}

impl Neg for Credits {
    type Output = Self;
    fn neg(self) -> Self {
        Self::ZERO - self
    }
}

impl Sum for Credits {
    fn sum<I: Iterator<Item = Self>>(iter: I) -> Self {
        iter.fold(Self::ZERO, Add::add)
    }
}

impl fmt::Display for Credits {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}
