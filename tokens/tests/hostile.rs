//! A text that is made to be slow is no slower than another.

use std::time::{Duration, Instant};

use tokens::Encoding;

/// The largest body of a request.
const BYTES: usize = 1024 * 1024;
/// Many times what an unoptimized build takes; a count that grows with the square of the length takes an hour.
const LONGEST: Duration = Duration::from_secs(20);

#[test]
fn a_megabyte_of_anything_is_counted_in_seconds() {
    for piece in ["a", " ", "\n", "1", "!", "é", "漢", "😀", "\u{301}", "ab", " a", "'s", "aA", "\r\n ", "0 "] {
        let text = piece.repeat(BYTES / piece.len());
        for encoding in [Encoding::Cl100kBase, Encoding::O200kBase] {
            let started = Instant::now();
            let tokens = encoding.count(&text);
            let took = started.elapsed();
            println!("{piece:?} {}: {tokens} tokens in {took:?}", encoding.name());
            assert!(took < LONGEST, "{piece:?} took {took:?}");
        }
    }
}
