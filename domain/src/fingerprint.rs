//! What the golden streams fold to, in one value: part of every snapshot's version (CORRECTNESS C11), so that a changed
//! `evolve` or a changed shape of the state cannot keep results of the old one.

/// SHA-256 over the final states of the golden streams. A test computes it again and prints the value to paste here.
pub const STATE_FINGERPRINT: &str = "3242e0f956531aea4a1607986bc58c301e00f5629fecf334b3e8a62e41f256cc";
