//! Complete, working starting points: a commented file of packages and prices for three kinds of products.
//!
//! Invariant: every recipe is a sound file (a test reads each), so `init` never writes what it cannot publish.

mod guide;
mod models;
mod notes;

pub use guide::guide;
pub use models::UnknownModel;
pub use notes::{notes, with_notes};

const STANDARD: &str = include_str!("standard.toml");
const AI_TOKENS: &str = include_str!("ai-tokens.toml");
const API_CALLS: &str = include_str!("api-calls.toml");

/// One price for every other endpoint, whatever the month has seen.
const ANY_ENDPOINT_FLAT: &str = r#"
# Every other endpoint.
[[prices]]
operation = "api.call"
components = [{ unit = "request", per_unit = 1 }]
"#;

/// Cheaper by the month's use.
const ANY_ENDPOINT_TIERED: &str = r#"
# Every other endpoint: the first 10,000 calls of a calendar month (UTC) at 1 credit each, the next 90,000 at 0.8, and all
# above at 0.5. Each call costs what its place in the month says; a new month begins at the first tier.
[[prices]]
operation = "api.call"
components = [
  { unit = "request", graduated = [
    { up_to = 10_000, rate = 1 },
    { up_to = 100_000, rate = "0.8" },
    { rate = "0.5" },
  ] },
]
"#;

/// A kind of product.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Recipe {
    /// Packages, and a number of credits an operation.
    Standard,
    /// Tokens by model and kind; empty: the usual models.
    AiTokens(Vec<String>),
    /// Calls by endpoint.
    ApiCalls { tiered: bool },
}

impl Recipe {
    /// The file, with comments for whoever changes it.
    ///
    /// # Errors
    /// The price of a model is not known here.
    pub fn text(&self) -> Result<String, UnknownModel> {
        Ok(match self {
            Self::Standard => STANDARD.to_owned(),
            Self::AiTokens(models) => format!("{AI_TOKENS}{}", models::prices(models)?),
            Self::ApiCalls { tiered: false } => format!("{API_CALLS}{ANY_ENDPOINT_FLAT}"),
            Self::ApiCalls { tiered: true } => format!("{API_CALLS}{ANY_ENDPOINT_TIERED}"),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::catalogue::file::CatalogueFile;

    #[test]
    fn every_recipe_is_a_sound_file() {
        for recipe in [
            Recipe::Standard,
            Recipe::AiTokens(Vec::new()),
            Recipe::AiTokens(vec!["gpt-4".to_owned()]),
            Recipe::ApiCalls { tiered: false },
            Recipe::ApiCalls { tiered: true },
        ] {
            let text = recipe.text().expect("known models");
            let file = CatalogueFile::read(&text).unwrap_or_else(|mistakes| panic!("{recipe:?}: {mistakes:?}"));
            assert!(file.packages.len() == 3 && file.book.is_some(), "{recipe:?}");
        }
    }

    #[test]
    fn the_packages_of_the_recipes_cost_what_they_should() {
        let packages = |recipe: Recipe| {
            let file = CatalogueFile::read(&recipe.text().expect("known")).expect("sound");
            let figures = |terms: &domain::package::PackageTerms| (terms.credits.get(), terms.price.amount_minor);
            file.packages.iter().map(|(_, terms)| figures(terms)).collect::<Vec<_>>()
        };
        assert_eq!(packages(Recipe::Standard), [(1_000, 1_000), (5_500, 5_000), (12_000, 10_000)]);
        assert_eq!(packages(Recipe::AiTokens(Vec::new())), [(1_000, 200), (10_000, 1_800), (100_000, 16_000)]);
    }
}
