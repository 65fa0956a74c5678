//! What the golden streams fold to, in one value: part of every snapshot's version (CORRECTNESS C11), so that a changed
//! `evolve` or a changed shape of the state cannot keep results of the old one.

/// SHA-256 over the final states of the golden streams. A test computes it again and prints the value to paste here.
pub const STATE_FINGERPRINT: &str = "7f247a31af80b59474bf8160865aeffb0f857c9d0c5a65751da99f197c31d0f6";
