//! Pages by keyset: a page begins behind the last row of the one before, wherever that is by then.
//!
//! Invariant: rows that are added meanwhile move no row to another page, so none comes twice and none is missed.
//! Absent: OFFSET, and counting what follows.

use serde::Serialize;
use serde::de::DeserializeOwned;

use super::cursor::{CursorError, Walk};

/// How many rows a page has at most.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limit(u32);

impl Limit {
    /// A page of this many rows is a few hundred kilobytes of JSON.
    pub const MAX: u32 = 1_000;
    /// What a screen shows and a bit more.
    pub const DEFAULT: Self = Self(100);

    /// `None` unless it is 1 to [`Self::MAX`].
    #[must_use]
    pub fn new(rows: u32) -> Option<Self> {
        (1..=Self::MAX).contains(&rows).then_some(Self(rows))
    }

    /// The rows themselves.
    #[must_use]
    pub fn rows(self) -> u32 {
        self.0
    }

    /// One more than a page has: whether it comes back tells whether another page follows.
    pub(super) fn and_one(self) -> i64 {
        i64::from(self.0) + 1
    }
}

/// Which page is asked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PageRequest {
    pub limit: Limit,
    /// As a page before has given it out; `None`: the first page.
    pub cursor: Option<String>,
}

impl PageRequest {
    /// The first page.
    #[must_use]
    pub fn first(limit: Limit) -> Self {
        Self { limit, cursor: None }
    }

    pub(super) fn after<K: DeserializeOwned>(&self, walk: &Walk) -> Result<Option<K>, CursorError> {
        self.cursor.as_deref().map(|cursor| walk.key(cursor)).transpose()
    }
}

/// Rows in order, and where to go on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Page<T> {
    pub rows: Vec<T>,
    /// `None` on the last page.
    pub next: Option<String>,
}

impl<T> Page<T> {
    /// Of one row more than the page has, if there are as many.
    pub(super) fn of<K: Serialize>(mut rows: Vec<T>, limit: Limit, walk: &Walk, key: impl FnOnce(&T) -> K) -> Self {
        let is_full = rows.len() > usize::try_from(limit.0).unwrap_or(usize::MAX);
        if is_full {
            rows.truncate(usize::try_from(limit.0).unwrap_or(usize::MAX));
        }
        let next = rows.last().filter(|_| is_full).map(|last| walk.cursor(&key(last)));
        Self { rows, next }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_page_ends_where_the_next_begins() {
        let walk = Walk::of("numbers", "acme", &());
        let two = Limit::new(2).expect("in bounds");
        let page = Page::of(vec![1, 2, 3], two, &walk, |row| *row);
        assert_eq!(page.rows, [1, 2]);
        let request = PageRequest { limit: two, cursor: page.next };
        assert_eq!(request.after::<i32>(&walk), Ok(Some(2)));
        assert_eq!(Page::of(vec![1, 2], two, &walk, |row| *row), Page { rows: vec![1, 2], next: None });
    }

    #[test]
    fn limits_are_bounded() {
        assert_eq!((Limit::new(0), Limit::new(1_001)), (None, None));
        assert_eq!(Limit::new(1_000).map(Limit::and_one), Some(1_001));
    }
}
