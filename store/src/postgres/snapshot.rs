//! The stored form of a state.

use domain::Organization;

/// Which code folded a snapshot: the fingerprint of what it makes of the golden streams, so that a changed `evolve`
/// cannot keep old results. A snapshot of another version is ignored and rebuilt (CORRECTNESS C11).
pub const SNAPSHOT_VERSION: &str = domain::fingerprint::STATE_FINGERPRINT;

pub(super) fn encode(state: &Organization) -> String {
    serde_json::to_string(state).expect("a state has string keys and no type that refuses to be written")
}

/// `None` where the text is not a state of this code's.
pub(super) fn decode(payload: &str) -> Option<Organization> {
    serde_json::from_str(payload).ok()
}
