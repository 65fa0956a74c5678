//! The usual units and dimensions, and what somebody may have meant by another one.

/// Units that every book knows.
pub const UNITS: [&str; 16] = [
    "request",
    "input_tokens",
    "output_tokens",
    "cached_tokens",
    "reasoning_tokens",
    "images",
    "seconds",
    "minutes",
    "characters",
    "bytes",
    "pages",
    "rows",
    "emails",
    "messages",
    "files",
    "items",
];

/// Dimensions that every book knows.
pub const DIMENSIONS: [&str; 3] = ["model", "endpoint", "region"];

/// The unit that a command has one of where it says nothing about it.
pub const REQUEST: &str = "request";

/// Longer texts are not compared: the work grows with the product of both lengths.
const COMPARED_BYTES_MAX: usize = 48;

/// The known word that a mistyped one is nearest to, if any is near; of several, the first.
#[must_use]
pub fn nearest<'a>(word: &str, known: impl Iterator<Item = &'a str>) -> Option<&'a str> {
    let near = |candidate: &&str| word.len().max(candidate.len()) <= COMPARED_BYTES_MAX;
    let with_distance = known.filter(near).map(|candidate| (strsim::osa_distance(word, candidate), candidate));
    let (distance, candidate) = with_distance.min_by_key(|(distance, _)| *distance)?;
    (distance <= 2.max(candidate.len() / 3)).then_some(candidate)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_mistyped_word_finds_its_neighbour_and_a_strange_one_none() {
        let units = || UNITS.into_iter();
        assert_eq!(nearest("input_tokns", units()), Some("input_tokens"));
        assert_eq!(nearest("requests", units()), Some("request"));
        assert_eq!(nearest("imgaes", units()), Some("images"));
        assert_eq!(nearest("kilowatt_hours", units()), None);
        assert_eq!(nearest(&"x".repeat(128), units()), None);
        assert_eq!(nearest("anything", std::iter::empty()), None);
    }
}
