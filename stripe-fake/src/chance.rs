//! All that is arbitrary: ids, and the dice of deliveries. The same seed gives the same sequence.

use sha2::{Digest, Sha256};

const ALPHABET: &[u8; 62] = b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";

/// A sequence of arbitrary values.
#[derive(Clone, Debug)]
pub struct Chance {
    seed: u64,
    drawn: u64,
}

impl Chance {
    #[must_use]
    pub const fn new(seed: u64) -> Self {
        Self { seed, drawn: 0 }
    }

    fn draw(&mut self) -> [u8; 32] {
        self.drawn += 1;
        Sha256::new().chain_update(self.seed.to_be_bytes()).chain_update(self.drawn.to_be_bytes()).finalize().into()
    }

    /// An id as Stripe's look: the prefix and 24 letters and digits.
    pub fn id(&mut self, prefix: &str) -> String {
        let tail =
            self.draw().into_iter().take(24).map(|byte| char::from(ALPHABET[usize::from(byte) % ALPHABET.len()]));
        format!("{prefix}_{}", tail.collect::<String>())
    }

    /// A number below `bound`, which is not zero.
    pub fn below(&mut self, bound: u64) -> u64 {
        let bytes = self.draw();
        u64::from_be_bytes(bytes[..8].try_into().expect("eight of 32 bytes")) % bound
    }

    /// Whether something happens that does so in `permille` of a thousand cases.
    pub fn happens(&mut self, permille: u16) -> bool {
        self.below(1000) < u64::from(permille)
    }

    /// Another order of the same items.
    pub fn shuffle<T>(&mut self, items: &mut [T]) {
        for end in (1..items.len()).rev() {
            let bound = u64::try_from(end).expect("a length fits") + 1;
            let other = usize::try_from(self.below(bound)).expect("it is below a length");
            items.swap(end, other);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_same_seed_gives_the_same_sequence() {
        let run = |seed| {
            let mut chance = Chance::new(seed);
            let mut order: Vec<u8> = (0..20).collect();
            chance.shuffle(&mut order);
            (chance.id("pi"), chance.below(1000), order)
        };
        assert_eq!(run(1), run(1));
        assert_ne!(run(1), run(2));
        assert_eq!(run(1).0.len(), 27);
    }
}
