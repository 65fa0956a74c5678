//! A place in the whole feed: one position a partition, as a text that callers pass back and do not look into.
//!
//! The text is the base64url form of a version, the number of partitions, one position each (all but the version as
//! LEB128) and the first bytes of the SHA-256 of all that.
//!
//! Invariant: equal places have equal texts, and no other text is read as one.

use std::fmt;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use sha2::{Digest, Sha256};

const VERSION: u8 = 1;
/// Enough to tell a typing error or a cut text; a cursor is no secret.
const CHECK_BYTES: usize = 4;
/// A `u64` has at most ten groups of seven bits.
const NUMBER_BYTES_MAX: usize = 10;

/// One position a partition: everything up to them has been read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Cursor(Vec<u64>);

/// Why a text is no cursor of this ledger.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum CursorError {
    #[error("the cursor is not one that this ledger has given out; pass it back exactly as it was")]
    Malformed,
    #[error("the cursor is of a ledger with {theirs} partitions, and this one has {ours}")]
    Foreign { theirs: usize, ours: usize },
}

impl Cursor {
    /// Before the first event.
    #[must_use]
    pub fn start(partitions: usize) -> Self {
        Self(vec![0; partitions])
    }

    /// Behind these positions.
    #[must_use]
    pub fn at(positions: Vec<u64>) -> Self {
        Self(positions)
    }

    #[must_use]
    pub fn positions(&self) -> &[u64] {
        &self.0
    }

    #[must_use]
    pub fn position(&self, partition: u16) -> u64 {
        self.0.get(usize::from(partition)).copied().unwrap_or(0)
    }

    /// Everything of the partition up to the position has been read.
    pub fn move_to(&mut self, partition: u16, position: u64) {
        if let Some(held) = self.0.get_mut(usize::from(partition)) {
            *held = position;
        }
    }

    /// Moves on to these positions where it is not further already.
    pub fn raise(&mut self, ends: &[u64]) {
        self.0.iter_mut().zip(ends).for_each(|(position, end)| *position = (*position).max(*end));
    }

    /// Whether it is past an end: of a log that has lost its newest events.
    #[must_use]
    pub fn is_ahead_of(&self, ends: &[u64]) -> bool {
        self.0.iter().zip(ends).any(|(position, end)| position > end)
    }

    /// # Errors
    /// The text is not one of this ledger's cursors.
    pub fn try_read(text: &str, partitions: usize) -> Result<Self, CursorError> {
        let bytes = URL_SAFE_NO_PAD.decode(text).map_err(|_| CursorError::Malformed)?;
        let (body, check) = bytes.split_last_chunk::<CHECK_BYTES>().ok_or(CursorError::Malformed)?;
        let (&VERSION, mut rest) = body.split_first().ok_or(CursorError::Malformed)? else {
            return Err(CursorError::Malformed);
        };
        if *check != check_of(body) {
            return Err(CursorError::Malformed);
        }
        let count = take_number(&mut rest).ok_or(CursorError::Malformed)?;
        let mut positions = Vec::new();
        while !rest.is_empty() {
            positions.push(take_number(&mut rest).ok_or(CursorError::Malformed)?);
        }
        let cursor = Self(positions);
        if u64::try_from(cursor.0.len()) != Ok(count) || cursor.to_string() != text {
            return Err(CursorError::Malformed);
        }
        let theirs = cursor.0.len();
        if theirs == partitions { Ok(cursor) } else { Err(CursorError::Foreign { theirs, ours: partitions }) }
    }
}

impl fmt::Display for Cursor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut bytes = Vec::with_capacity(1 + CHECK_BYTES + (self.0.len() + 1) * NUMBER_BYTES_MAX);
        bytes.push(VERSION);
        put_number(&mut bytes, u64::try_from(self.0.len()).expect("a length fits 64 bits"));
        self.0.iter().for_each(|position| put_number(&mut bytes, *position));
        let check = check_of(&bytes);
        bytes.extend_from_slice(&check);
        f.write_str(&URL_SAFE_NO_PAD.encode(bytes))
    }
}

fn check_of(body: &[u8]) -> [u8; CHECK_BYTES] {
    let digest = Sha256::digest(body);
    *digest.first_chunk().expect("a digest is longer")
}

fn put_number(bytes: &mut Vec<u8>, mut number: u64) {
    while number >= 0x80 {
        bytes.push(0x80 | u8::try_from(number & 0x7f).expect("seven bits"));
        number >>= 7;
    }
    bytes.push(u8::try_from(number).expect("seven bits"));
}

fn take_number(bytes: &mut &[u8]) -> Option<u64> {
    let length = bytes.iter().take(NUMBER_BYTES_MAX).position(|byte| byte & 0x80 == 0)? + 1;
    let (number, rest) = bytes.split_at(length);
    *bytes = rest;
    number.iter().rev().try_fold(0_u64, |sum, byte| sum.checked_mul(0x80)?.checked_add(u64::from(byte & 0x7f)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn a_place_of_four_partitions_is_short() {
        let cursor = Cursor::at(vec![1_000_000, 2, 0, 77]);
        assert_eq!(cursor.to_string(), "AQTAhD0CAE0smnVh");
    }

    #[test]
    fn what_is_no_cursor_of_this_ledger_is_refused() {
        for broken in ["", "7", "AQ", "not base64!", "AQTAhD0CAE0", "äöü"] {
            assert_eq!(Cursor::try_read(broken, 4), Err(CursorError::Malformed), "{broken}");
        }
        let foreign = Cursor::start(8).to_string();
        assert_eq!(Cursor::try_read(&foreign, 4), Err(CursorError::Foreign { theirs: 8, ours: 4 }));
    }

    #[test]
    fn ahead_is_past_any_end() {
        let cursor = Cursor::at(vec![3, 5]);
        assert!(cursor.is_ahead_of(&[3, 4]) && cursor.is_ahead_of(&[2, 9]));
        assert!(!cursor.is_ahead_of(&[3, 5]));
    }

    proptest! {
        #[test]
        fn every_place_comes_back(positions in prop::collection::vec(any::<u64>(), 0..70)) {
            let cursor = Cursor::at(positions.clone());
            prop_assert_eq!(Cursor::try_read(&cursor.to_string(), positions.len()), Ok(cursor));
        }

        #[test]
        fn a_changed_text_is_never_another_place(
            positions in prop::collection::vec(any::<u64>(), 1..9), at in any::<prop::sample::Index>(), to in "[A-Za-z0-9_-]",
        ) {
            let text = Cursor::at(positions.clone()).to_string();
            let at = at.index(text.len());
            let changed = format!("{}{to}{}", &text[..at], &text[at + 1..]);
            prop_assume!(changed != text);
            // Four bytes of check let one in four billion through.
            prop_assert_eq!(Cursor::try_read(&changed, positions.len()), Err(CursorError::Malformed));
        }

        #[test]
        fn no_text_makes_the_reader_fail(text in "\\PC{0,40}") {
            let _ = Cursor::try_read(&text, 4);
        }
    }
}
