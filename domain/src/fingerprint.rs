//! What the golden streams fold to, in one value: part of every snapshot's version (CORRECTNESS C11), so that a changed
//! `evolve` or a changed shape of the state cannot keep results of the old one.

/// SHA-256 over the final states of the golden streams. A test computes it again and prints the value to paste here.
pub const STATE_FINGERPRINT: &str = "8f58d44eebe0c7986b58ba6b533f679f83dacd3e0a14e099191dd8e476a5c5ac";
