//! What the golden streams fold to, in one value: part of every snapshot's version (CORRECTNESS C11), so that a changed
//! `evolve` or a changed shape of the state cannot keep results of the old one.

/// SHA-256 over the final states of the golden streams. A test computes it again and prints the value to paste here.
pub const STATE_FINGERPRINT: &str = "187f832911b1f175b9597a4718c6865f2d55d7d486b2ef07c1c5430f37aa9084";
