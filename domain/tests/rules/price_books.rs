//! Price books as people write them: the recipes, storage, versions, and usage that has no price.

use std::sync::Arc;

use domain::price::*;
use domain::text::{Label, Text};
use domain::usage::Usage;
use domain::*;
use serde_json::json;

use crate::support::*;

pub const STANDARD: &str = include_str!("../books/standard.toml");
pub const AI_TOKENS: &str = include_str!("../books/ai-tokens.toml");
pub const API_CALLS: &str = include_str!("../books/api-calls.toml");

pub fn book(text: &str) -> PriceBook {
    let document = toml::from_str(text).unwrap_or_else(|error| panic!("{error}"));
    PriceBook::try_new(document).unwrap_or_else(|mistakes| panic!("{mistakes:#?}"))
}

pub fn published(version: u32, valid_from: Timestamp, text: &str) -> Arc<PublishedBook> {
    Arc::new(PublishedBook { version, valid_from, book: book(text) })
}

pub fn usage(operation: &str, quantities: &[(&str, u64)], dimensions: &[(&str, &str)]) -> Usage {
    Usage {
        operation: Some(Label::try_new(operation).unwrap()),
        quantities: quantities.iter().map(|(unit, n)| (Text::try_new(unit).unwrap(), *n)).collect(),
        dimensions: dimensions.iter().map(|(k, v)| (Text::try_new(k).unwrap(), Label::try_new(v).unwrap())).collect(),
        ..Usage::default()
    }
}

fn receipt(text: &str, usage: &Usage) -> Result<Receipt, PriceError> {
    price(&published(1, start(), text), usage, &MonthlyUse::default(), start())
}

fn cost(text: &str, operation: &str, quantities: &[(&str, u64)], dimensions: &[(&str, &str)]) -> i64 {
    receipt(text, &usage(operation, quantities, dimensions)).unwrap().amount.get()
}

#[test]
fn the_standard_recipe_costs_what_it_says() {
    assert_eq!(cost(STANDARD, "gpt-4", &[], &[]), 10);
    assert_eq!(cost(STANDARD, "gpt-4", &[("request", 3)], &[]), 30);
    assert_eq!(cost(STANDARD, "image-generation", &[("images", 2), ("seconds", 41)], &[]), 100);
    assert_eq!(cost(STANDARD, "data-export", &[("request", 0)], &[]), 0);
}

#[test]
fn the_ai_tokens_recipe_prices_by_model_and_kind_of_token() {
    let tokens = [("input_tokens", 1_000), ("output_tokens", 500), ("cached_tokens", 3)];
    assert_eq!(cost(AI_TOKENS, "chat", &tokens, &[("model", "gpt-4o-mini")]), 1_000 + 2_000 + 2);
    // 16,666.7 + 33,333.35 + 25.00005
    assert_eq!(cost(AI_TOKENS, "chat", &tokens, &[("model", "gpt-4.1")]), 50_026);
    assert_eq!(cost(AI_TOKENS, "chat", &[("cached_tokens", 1)], &[("model", "gpt-4o-mini")]), 1);
    assert_eq!(cost(AI_TOKENS, "embedding", &[("input_tokens", 10_000)], &[("region", "eu")]), 1_333);
}

#[test]
fn the_api_calls_recipe_prices_by_endpoint_and_tier() {
    assert_eq!(cost(API_CALLS, "api.users.list", &[("request", 1_000)], &[]), 0);
    assert_eq!(cost(API_CALLS, "api.users.list", &[("request", 1_010)], &[]), 10);
    assert_eq!(cost(API_CALLS, "api.users.list", &[("request", 100_010)], &[]), 9_000 + 72_000 + 5);
    assert_eq!(cost(API_CALLS, "api.search", &[("rows", 101)], &[]), 2 + 4);
    assert_eq!(cost(API_CALLS, "api.search", &[("rows", 1_000_000)], &[]), 50);
    let enterprise = [("region", "eu"), ("plan", "enterprise")];
    assert_eq!(cost(API_CALLS, "api.search", &[("rows", 101)], &enterprise), 1);
    assert_eq!(cost(API_CALLS, "storage.write", &[("gb_stored", 100)], &[]), 300);
    assert_eq!(cost(API_CALLS, "storage.write", &[("gb_stored", 101)], &[]), 253);
}

#[test]
fn a_book_comes_back_from_storage_as_it_was_written() {
    for text in [STANDARD, AI_TOKENS, API_CALLS] {
        let book = book(text);
        let stored = serde_json::to_string(&book).unwrap();
        assert_eq!(serde_json::from_str::<PriceBook>(&stored).unwrap(), book, "{stored}");
    }
    let invalid = json!({"prices": [{"operation": "a", "components": [{"unit": "request"}]}]});
    let error = serde_json::from_value::<PriceBook>(invalid).unwrap_err().to_string();
    assert!(error.starts_with("prices[0].components[0]: say what the unit costs"), "{error}");
}

#[test]
fn a_number_with_decimals_needs_quotes_and_unknown_fields_are_refused() {
    let read = |text: &str| toml::from_str::<Document>(text).unwrap_err().to_string();
    let float = read("[[prices]]\noperation = \"a\"\ncomponents = [{ unit = \"request\", per_unit = 0.5 }]");
    assert!(float.contains("line 3") && float.contains("in quotes"), "{float}");
    let unknown = read("[[prices]]\noperation = \"a\"\ncomponents = []\nminimun = 3");
    assert!(unknown.contains("line 4") && unknown.contains("minimun"), "{unknown}");
    let fine = read("[[prices]]\noperation = \"a\"\ncomponents = [{ unit = \"request\", flat = \"0.0000000000001\" }]");
    assert!(fine.contains("line 3") && fine.contains("rounds to nothing"), "{fine}");
}

#[test]
fn what_has_no_price_says_what_may_have_been_meant() {
    let refused = |usage: &Usage| receipt(AI_TOKENS, usage).unwrap_err().to_string();
    let tokens = [("input_tokens", 5)];
    for (usage, sentence) in [
        (Usage::default(), "a price needs an `operation`"),
        (usage("chta", &tokens, &[]), "the price book has no price for `chta` (did you mean `chat`?)"),
        (usage("summarize", &tokens, &[]), "the price book has no price for `summarize`"),
        (
            usage("chat", &tokens, &[("model", "gpt4o-mini")]),
            "the price book has no price for `chat` with model=gpt4o-mini (did you mean `model=gpt-4o-mini`?)",
        ),
        (usage("chat", &tokens, &[]), "the price book has no price for `chat` with no dimensions"),
        (
            usage("embedding", &[("input_token", 5)], &[]),
            "there is no unit `input_token` (did you mean `input_tokens`?)",
        ),
        (usage("embedding", &tokens, &[("modell", "x")]), "there is no dimension `modell` (did you mean `model`?)"),
        (
            usage("embedding", &[("output_tokens", 5)], &[]),
            "`embedding` has no price for `output_tokens`: it is priced by input_tokens",
        ),
        (usage("embedding", &[], &[]), "`embedding` is priced by input_tokens: give at least one of these quantities"),
        (
            usage("image-generation", &[("images", 1_000_000_000_000_000)], &[]),
            "the quantities are so large that the price passes 10^15 credits, or the month's use 10^18",
        ),
    ] {
        assert_eq!(refused(&usage), sentence);
    }
}

#[test]
fn a_version_holds_from_its_own_microsecond_on() {
    let at = |micros: i64| start() + chrono::TimeDelta::microseconds(micros);
    let books = PriceBooks::new(vec![
        published(3, at(50), STANDARD),
        published(1, at(0), STANDARD),
        published(2, at(100), STANDARD),
        published(4, at(100), STANDARD),
    ]);
    let in_force = |micros| books.at(at(micros)).map(|published| published.version);
    assert_eq!([-1, 0, 49, 50, 99, 100].map(in_force), [Err(PriceError::NoBook), Ok(1), Ok(1), Ok(3), Ok(3), Ok(4)]);
    assert_eq!(books.version(2, at(99)).err(), Some(PriceError::NoVersion { version: 2 }));
    assert_eq!(books.version(2, at(100)).map(|published| published.version), Ok(2));
    assert_eq!(PriceBooks::default().at(start()).err(), Some(PriceError::NoBook));
}

#[test]
fn a_receipt_can_be_read() {
    let call = usage("api.users.list", &[("request", 10_500)], &[]);
    let text = receipt(API_CALLS, &call).unwrap().to_string();
    let expected = "api.* by version 1 of the price book
  10500 request, after 0 this month on api calls
    1000 x 0 (free)
    9000 x 1 (tier up to 10000)
    500 x 0.8 (tier up to 100000)
  sum 9400: 9400 credits";
    assert_eq!(text, expected);
}
