//! `CREDITS.md`: what the product sells, what its operations cost and where to integrate, for the people and the coding
//! assistants of the product that adopts the ledger.

use std::fmt::Write;

use domain::money;
use domain::package::PackageTerms;
use domain::price::document::{ComponentEntry, PriceEntry, TierEntry};

use crate::catalogue::file::CatalogueFile;

/// The guide of a catalogue.
#[must_use]
pub fn guide(file: &CatalogueFile, name: &str) -> String {
    format!(
        "# Credits\n\nMade from `{name}` by `credit-ledger init`. After a change of the file, publish it \
         (`credit-ledger price-book publish {name}`).\n\n## Packages\n\n{}\n## What operations cost\n\n{}\n{INTEGRATION}",
        packages(file),
        costs(file)
    )
}

const INTEGRATION: &str = "## Where to integrate

- **Before an expensive operation**: `POST /v1/organizations/{org}/reservations` with `operation` and the largest
  `quantities` it may use; a `402` says `required` and `balance`. Nothing is spent yet.
- **After it**: `POST .../reservations/{id}/confirm` with the `quantities` that were really used; `.../cancel` when it
  failed. A reservation that nobody ends is given back at its deadline.
- **A cheap operation**: `POST /v1/organizations/{org}/consumptions` with `operation` and `quantities`, at once.
- **Every POST** takes an `Idempotency-Key` of the caller's own: the same key makes a retry safe.
- **What is left**: `GET /v1/organizations/{org}/balance`; what was spent on what: `.../transactions`, `.../usage`.
- **A purchase that was paid elsewhere**: `POST /v1/organizations/{org}/purchases` with `package_id` and
  `payment_reference`.
- **Why a charge is what it is**: `credit-ledger explain <consumption>`.
";

fn packages(file: &CatalogueFile) -> String {
    let mut text = String::from("| id | name | credits | price | a credit costs |\n|---|---|---|---|---|\n");
    for (id, terms) in &file.packages {
        let PackageTerms { name, price, .. } = terms;
        let (credits, each) = (terms.total_credits(), terms.price_per_credit());
        let currency = String::from(price.currency);
        // Writing to a string cannot fail.
        let _written =
            writeln!(text, "| `{id}` | {name} | {credits} | {} | {each} {currency} |", money::to_major(*price));
    }
    text
}

/// One line an operation.
pub(super) fn costs(file: &CatalogueFile) -> String {
    let prices = file.book.iter().flat_map(|book| &book.prices);
    prices.map(|price| format!("- {}\n", cost(price))).collect()
}

fn cost(price: &PriceEntry) -> String {
    let named: Vec<_> = price.dimensions.iter().map(|(name, value)| format!("{name} `{value}`")).collect();
    let scope = if named.is_empty() { String::new() } else { format!(" ({})", named.join(", ")) };
    let components: Vec<_> = price.components.iter().map(component).collect();
    let bound = |word: &str, bound: Option<domain::Credits>| bound.map(|credits| format!(", {word} {credits}"));
    let (least, most) = (bound("at least", price.minimum), bound("at most", price.maximum));
    format!(
        "`{}`{scope}: {}{}{}",
        price.operation,
        components.join(", "),
        least.unwrap_or_default(),
        most.unwrap_or_default()
    )
}

fn component(component: &ComponentEntry) -> String {
    let ComponentEntry { unit, .. } = component;
    let free = component.free.map(|free| format!(", the first {free} of a month free")).unwrap_or_default();
    let charge = if let Some(flat) = component.flat {
        format!("{flat} credits a command with {unit}")
    } else if let Some(rate) = component.per_unit {
        format!("{rate} credits a {}", unit_name(unit))
    } else if let Some(package) = component.package {
        format!("{} credits each {} {unit} begun", package.price, package.size)
    } else if let Some(tiers) = component.graduated.as_ref().or(component.volume.as_ref()) {
        format!("{} credits a {}", tiers.iter().map(tier).collect::<Vec<_>>().join(", then "), unit_name(unit))
    } else {
        unit.clone()
    };
    format!("{charge}{free}")
}

/// `input_tokens` are counted by the input token.
fn unit_name(unit: &str) -> String {
    unit.strip_suffix('s').unwrap_or(unit).replace('_', " ")
}

fn tier(tier: &TierEntry) -> String {
    tier.up_to.map_or_else(|| tier.rate.to_string(), |up_to| format!("{} up to {up_to} a month", tier.rate))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::recipes::Recipe;

    #[test]
    fn the_guide_says_what_things_cost() {
        let of = |recipe: Recipe| CatalogueFile::read(&recipe.text().expect("known")).expect("sound");
        let text = guide(&of(Recipe::Standard), "credit-ledger.toml");
        assert!(text.contains("| `starter` | Starter | 1000 | 10.00 USD | 0.01 USD |"), "{text}");
        assert!(text.contains("- `image-generation`: 50 credits a request"), "{text}");
        let tokens = costs(&of(Recipe::AiTokens(Vec::new())));
        assert!(tokens.contains("`chat` (model `gpt-4o-mini`): 1 credits a input token"), "{tokens}");
        let tiers = costs(&of(Recipe::ApiCalls { tiered: true }));
        assert!(tiers.contains("1 up to 10000 a month, then 0.8 up to 100000 a month, then 0.5 credits a request"));
    }
}
