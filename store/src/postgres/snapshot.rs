//! The stored form of a state.

use domain::Organization;

/// Which code folded a snapshot; one of another version is ignored and rebuilt (CORRECTNESS C11).
pub const SNAPSHOT_VERSION: &str = "1";

pub(super) fn encode(state: &Organization) -> String {
    serde_json::to_string(state).expect("a state has string keys and no type that refuses to be written")
}

/// `None` where the text is not a state of this code's.
pub(super) fn decode(payload: &str) -> Option<Organization> {
    serde_json::from_str(payload).ok()
}
