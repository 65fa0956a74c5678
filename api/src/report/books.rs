//! The arithmetic of a statement: what was there, what moved, what is there.

use std::collections::BTreeMap;

use serde::Serialize;

/// Movements of one type.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Total {
    pub count: u64,
    pub amount: i128,
}

/// Kept while movements pass by.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Books {
    pub opening: i64,
    /// The balance after the last movement, as its row has it.
    pub closing: i64,
    pub totals: BTreeMap<String, Total>,
    /// Whether every row's balance is the one before and its amount.
    pub is_whole: bool,
}

impl Books {
    #[must_use]
    pub fn open(opening: i64) -> Self {
        Self { opening, closing: opening, totals: BTreeMap::new(), is_whole: true }
    }

    pub fn enter(&mut self, kind: &str, amount: i64, balance_after: i64) {
        self.is_whole &= self.closing.checked_add(amount) == Some(balance_after);
        self.closing = balance_after;
        let total = self.totals.entry(kind.to_owned()).or_default();
        total.count += 1;
        total.amount += i128::from(amount);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn books_add_up_or_say_so() {
        let mut books = Books::open(10);
        books.enter("grant", 5, 15);
        books.enter("consumption", -7, 8);
        books.enter("consumption", -8, 0);
        assert!(books.is_whole);
        assert_eq!((books.opening, books.closing), (10, 0));
        assert_eq!(books.totals["consumption"], Total { count: 2, amount: -15 });
        books.enter("grant", 5, 6);
        assert!(!books.is_whole, "a credit out of nowhere");
    }
}
