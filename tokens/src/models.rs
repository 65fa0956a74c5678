//! Which model has which encoding, as the reference implementation (`tiktoken`) says.

use crate::Encoding;

/// Beginnings of names. A name is one of them, or goes on behind a `-`, `.` or `:`; the longest that fits decides.
const MODELS: &[(&str, Encoding)] = &[
    ("o1", Encoding::O200kBase),
    ("o3", Encoding::O200kBase),
    ("o4-mini", Encoding::O200kBase),
    ("gpt-5", Encoding::O200kBase),
    ("gpt-4.5", Encoding::O200kBase),
    ("gpt-4.1", Encoding::O200kBase),
    ("gpt-4o", Encoding::O200kBase),
    ("chatgpt-4o", Encoding::O200kBase),
    // Its own encoding differs in special tokens only, which no text has.
    ("gpt-oss", Encoding::O200kBase),
    ("gpt-4", Encoding::Cl100kBase),
    ("gpt-3.5", Encoding::Cl100kBase),
    ("gpt-35-turbo", Encoding::Cl100kBase),
    ("davinci-002", Encoding::Cl100kBase),
    ("babbage-002", Encoding::Cl100kBase),
    ("text-embedding-ada-002", Encoding::Cl100kBase),
    ("text-embedding-3", Encoding::Cl100kBase),
];

/// What stands before a model's name: its vendor, or that it was tuned.
const MARKS: [&str; 2] = ["openai/", "ft:"];

/// The encoding of a model, where it is known.
#[must_use]
pub fn encoding_of(model: &str) -> Option<Encoding> {
    let name = MARKS.iter().fold(model, |name, mark| name.strip_prefix(mark).unwrap_or(name));
    let fitting = MODELS.iter().filter(|(beginning, _)| is_of(name, beginning));
    fitting.max_by_key(|(beginning, _)| beginning.len()).map(|(_, encoding)| *encoding)
}

fn is_of(name: &str, beginning: &str) -> bool {
    let Some(rest) = name.strip_prefix(beginning) else { return false };
    // `gpt-5.1` is of the family of `gpt-5`; `gpt-4.7` may be anything.
    let goes_on = |mark: char| matches!(mark, '-' | ':') || (mark == '.' && beginning == "gpt-5");
    rest.chars().next().is_none_or(goes_on)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn models_have_the_encodings_of_the_reference_and_strangers_none() {
        for (model, expected) in [
            ("gpt-4o-mini", Some("o200k_base")),
            ("gpt-4.1-nano", Some("o200k_base")),
            ("gpt-5.1", Some("o200k_base")),
            ("o3", Some("o200k_base")),
            ("o4-mini-2025-04-16", Some("o200k_base")),
            ("gpt-oss-120b", Some("o200k_base")),
            ("gpt-4", Some("cl100k_base")),
            ("gpt-4-turbo", Some("cl100k_base")),
            ("gpt-3.5-turbo-0125", Some("cl100k_base")),
            ("ft:gpt-4o-mini:acme::1", Some("o200k_base")),
            ("openai/gpt-4", Some("cl100k_base")),
            ("text-embedding-3-small", Some("cl100k_base")),
            ("gpt-4.7", None),
            ("gpt-45", None),
            ("text-davinci-003", None),
            ("gpt2", None),
            ("claude-opus-4", None),
            ("gemini-2.5-pro", None),
            ("llama-3.1-70b", None),
            ("mistral-large", None),
            ("", None),
        ] {
            assert_eq!(encoding_of(model).map(Encoding::name), expected, "{model}");
        }
    }
}
