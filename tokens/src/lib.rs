//! How many tokens a text has for a model.
//!
//! Counts are exact for the models whose encoding OpenAI has published and whose vocabulary is shipped here. The
//! vocabularies of other families are not public or not ours to ship: their texts are counted by [`FALLBACK`], and the
//! answer says so.
//!
//! Invariant: the time grows with the length of the text alone, whatever is in it (`tests/hostile.rs`).
//! Invariant: text is only text; what looks like a special token (`<|endoftext|>`) is counted as it is written.
//! Absent: prices, chat formats (the few tokens that a vendor adds to each message).

mod models;

pub use models::encoding_of;

/// A published vocabulary, with its rules.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Encoding {
    Cl100kBase,
    O200kBase,
}

/// What counts for models whose own tokenizer is not known here: the newest vocabulary, made for the most languages.
pub const FALLBACK: Encoding = Encoding::O200kBase;

/// Tokens of a text, and how they were counted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Count {
    pub tokens: u64,
    pub encoding: Encoding,
    /// The model's own tokenizer is another one.
    pub approximate: bool,
}

impl Encoding {
    /// As OpenAI calls it.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Cl100kBase => "cl100k_base",
            Self::O200kBase => "o200k_base",
        }
    }

    /// Tokens of the text. The first call unpacks the vocabulary, which takes a moment.
    #[must_use]
    pub fn count(self, text: &str) -> u64 {
        let tokenizer = match self {
            Self::Cl100kBase => bpe_openai::cl100k_base(),
            Self::O200kBase => bpe_openai::o200k_base(),
        };
        u64::try_from(tokenizer.count(text)).expect("a text has fewer tokens than 2^64 bytes")
    }
}

/// Tokens of the text for the model; without one, by [`FALLBACK`].
#[must_use]
pub fn count(model: Option<&str>, text: &str) -> Count {
    let own = model.and_then(encoding_of);
    let encoding = own.unwrap_or(FALLBACK);
    Count { tokens: encoding.count(text), encoding, approximate: own.is_none() }
}
