//! Opaque cursors: where the next page begins, for one query with its filters and for no other.
//!
//! Invariant: a cursor never chooses whose rows are read. The organization comes from the path, and is a part of what the
//! cursor is checked against.
//! Absent: secrecy and signatures. Whoever changes a cursor gets other rows of what may be read anyway, or an error.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde::Serialize;
use serde::de::DeserializeOwned;
use sha2::{Digest, Sha256};

/// Leads every cursor; raised when cursors that callers hold must not be read any more.
const VERSION: u8 = 1;
/// Bytes of the digest: two queries that meet by chance are not to be feared below 2^64 of them.
const DIGEST_BYTES: usize = 16;

/// Which rows a cursor walks through.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Walk([u8; DIGEST_BYTES]);

/// Why a cursor cannot be used.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum CursorError {
    #[error("this is not a cursor that the ledger has given out")]
    Unreadable,
    #[error("this cursor belongs to another query: repeat the filters of the page that it came with")]
    OfAnotherQuery,
}

impl Walk {
    /// The rows of a query for an organization (empty: of all), with its filters.
    #[must_use]
    pub fn of(query: &str, organization: &str, filters: &impl Serialize) -> Self {
        let filters = serde_json::to_vec(filters).expect("filters are structs of plain values");
        let mut hasher = Sha256::new();
        for part in [query.as_bytes(), organization.as_bytes(), &filters] {
            hasher.update(u64::try_from(part.len()).expect("a length fits 64 bits").to_be_bytes());
            hasher.update(part);
        }
        let mut digest = [0; DIGEST_BYTES];
        digest.copy_from_slice(&hasher.finalize()[..DIGEST_BYTES]);
        Self(digest)
    }

    /// The cursor behind the row with this key.
    #[must_use]
    pub fn cursor(&self, key: &impl Serialize) -> String {
        let key = serde_json::to_vec(key).expect("keys are plain values");
        URL_SAFE_NO_PAD.encode([&[VERSION], &self.0[..], &key].concat())
    }

    /// The key of the row that the cursor stands behind.
    ///
    /// # Errors
    /// [`CursorError`].
    pub fn key<K: DeserializeOwned>(&self, cursor: &str) -> Result<K, CursorError> {
        let bytes = URL_SAFE_NO_PAD.decode(cursor).map_err(|_| CursorError::Unreadable)?;
        let bytes = bytes.strip_prefix(&[VERSION]).ok_or(CursorError::Unreadable)?;
        let (digest, key) = bytes.split_at_checked(DIGEST_BYTES).ok_or(CursorError::Unreadable)?;
        if digest != self.0 {
            return Err(CursorError::OfAnotherQuery);
        }
        serde_json::from_slice(key).map_err(|_| CursorError::Unreadable)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use chrono::{DateTime, Utc};

    #[test]
    fn a_cursor_comes_back_as_it_went() {
        let walk = Walk::of("grants", "acme", &("effective", 1));
        let key = (DateTime::<Utc>::from_timestamp_micros(1_234_567), uuid::Uuid::from_u128(7));
        let cursor = walk.cursor(&key);
        assert!(cursor.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_".contains(&byte)), "{cursor}");
        assert_eq!(walk.key(&cursor), Ok(key));
    }

    #[test]
    fn a_cursor_of_another_query_organization_or_filter_is_refused() {
        let cursor = Walk::of("transactions", "acme", &["consumption"]).cursor(&7);
        for other in [
            Walk::of("grants", "acme", &["consumption"]),
            Walk::of("transactions", "globex", &["consumption"]),
            Walk::of("transactions", "acme", &["grant"]),
        ] {
            assert_eq!(other.key::<u64>(&cursor), Err(CursorError::OfAnotherQuery));
        }
    }

    #[test]
    fn what_is_no_cursor_is_unreadable() {
        let walk = Walk::of("transactions", "acme", &());
        let whole = walk.cursor(&7);
        for text in ["", "AA", "%%%", "next", &whole[..10], &whole[..whole.len() - 1]] {
            assert_eq!(walk.key::<u64>(text), Err(CursorError::Unreadable), "{text}");
        }
        assert_eq!(walk.key::<String>(&whole), Err(CursorError::Unreadable), "a key of another kind");
    }
}
