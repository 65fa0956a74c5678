//! What the golden streams fold to, in one value: part of every snapshot's version (CORRECTNESS C11), so that a changed
//! `evolve` or a changed shape of the state cannot keep results of the old one.

/// SHA-256 over the final states of the golden streams. A test computes it again and prints the value to paste here.
pub const STATE_FINGERPRINT: &str = "595dc161032917c96865b9cddd08acabab60946f1f0a9d2e5357c8e70afecf16";
