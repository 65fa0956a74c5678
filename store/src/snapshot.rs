//! The stored form of a state.

use domain::Organization;

use crate::chain::ChainHash;
use crate::log::Snapshot;

/// Which code folded a snapshot: the fingerprint of what it makes of the golden streams, so that a changed `evolve`
/// cannot keep old results. A snapshot of another version is ignored and rebuilt (CORRECTNESS C11).
pub(crate) const SNAPSHOT_VERSION: &str = domain::fingerprint::STATE_FINGERPRINT;

impl Snapshot {
    /// The state right after the event at `sequence`, which has this chain hash.
    #[must_use]
    pub fn of(state: &Organization, sequence: u64, chain_hash: ChainHash) -> Self {
        let payload = serde_json::to_string(state);
        let payload = payload.expect("a state has string keys and no type that refuses to be written");
        Self { sequence, chain_hash, payload }
    }
}

/// `None` where the text is not a state of this code's.
pub(crate) fn decode(payload: &str) -> Option<Organization> {
    serde_json::from_str(payload).ok()
}
