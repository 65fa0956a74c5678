//! Price books as people write them: the recipes, and what is said about each mistake.

use std::sync::Arc;

use domain::price::limits::*;
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

/// The mistakes of a book with one price, or of the whole text where it has prices of its own.
fn mistakes(text: &str) -> Vec<String> {
    let is_whole = text.contains("prices");
    let text = if is_whole { text.to_owned() } else { format!("[[prices]]\noperation = \"op\"\n{text}") };
    let document = toml::from_str(&text).unwrap_or_else(|error| panic!("{text}\n{error}"));
    let mistakes = PriceBook::try_new(document).err().unwrap_or_else(|| panic!("no mistake in {text}"));
    mistakes.iter().map(ToString::to_string).collect()
}

#[test]
fn each_mistake_is_named_with_its_place() {
    let components = "prices[0].components";
    for (text, place, mistake) in [
        ("prices = []", "prices", "at least one price"),
        ("components = []", components, "at least one component"),
        (
            "components = [{ unit = 'input_tokns', per_unit = 1 }]",
            "prices[0].components[0].unit",
            "did you mean `input_tokens`?",
        ),
        (
            "components = [{ unit = 'wishes', per_unit = 1 }]",
            "prices[0].components[0].unit",
            "there is no unit `wishes`; units",
        ),
        (
            "dimensions = { modle = 'x' }\ncomponents = [{ unit = 'request', flat = 1 }]",
            "prices[0].dimensions.modle",
            "did you mean `model`?",
        ),
        (
            "dimensions = { model = 'x*y' }\ncomponents = [{ unit = 'request', flat = 1 }]",
            "prices[0].dimensions.model",
            "at the end only",
        ),
        (
            "components = [{ unit = 'request', flat = 1 }, { unit = 'request', per_unit = 1 }]",
            "prices[0].components[1].unit",
            "says twice",
        ),
        (
            "uncharged = ['request']\ncomponents = [{ unit = 'request', flat = 1 }]",
            "prices[0].uncharged[0]",
            "says twice",
        ),
        (
            "uncharged = ['sec']\ncomponents = [{ unit = 'request', flat = 1 }]",
            "prices[0].uncharged[0]",
            "no unit `sec`",
        ),
        ("components = [{ unit = 'request' }]", "prices[0].components[0]", "say what the unit costs"),
        (
            "components = [{ unit = 'request', flat = 1, per_unit = 2 }]",
            "prices[0].components[0]",
            "not as flat and per_unit",
        ),
        ("components = [{ unit = 'rows', per_unit = '0.00' }]", "prices[0].components[0].per_unit", "costs nothing"),
        (
            "components = [{ unit = 'rows', package = { size = 0, price = 1 } }]",
            "prices[0].components[0].package.size",
            "at least one unit",
        ),
        (
            "components = [{ unit = 'rows', package = { size = 9, price = 0 } }]",
            "prices[0].components[0].package.price",
            "costs nothing",
        ),
        ("components = [{ unit = 'rows', graduated = [] }]", "prices[0].components[0].graduated", "no tiers"),
        (
            "components = [{ unit = 'rows', graduated = [{ rate = 0 }] }]",
            "prices[0].components[0].graduated",
            "costs nothing",
        ),
        (
            "components = [{ unit = 'rows', graduated = [{ up_to = 9, rate = 1 }, { up_to = 9, rate = 1 }, { rate = 1 }] }]",
            "prices[0].components[0].graduated[1].up_to",
            "ends at 9, and the one before it at 9: tiers overlap",
        ),
        (
            "components = [{ unit = 'rows', volume = [{ up_to = 0, rate = 1 }, { rate = 1 }] }]",
            "prices[0].components[0].volume[0].up_to",
            "tiers overlap",
        ),
        (
            "components = [{ unit = 'rows', volume = [{ rate = 1 }, { up_to = 9, rate = 1 }] }]",
            "prices[0].components[0].volume[0].up_to",
            "no end, and others follow",
        ),
        (
            "components = [{ unit = 'rows', volume = [{ up_to = 9, rate = 1 }] }]",
            "prices[0].components[0].volume[0].up_to",
            "use above 9 has no price",
        ),
        (
            "components = [{ unit = 'rows', free = 9, graduated = [{ up_to = 9, rate = 1 }, { rate = 2 }] }]",
            "prices[0].components[0].free",
            "never reached",
        ),
        ("components = [{ unit = 'rows', free = 9, flat = 1 }]", "prices[0].components[0].free", "not with `flat`"),
        ("components = [{ unit = 'rows', free = 0, per_unit = 1 }]", "prices[0].components[0].free", "at least 1"),
        (
            "components = [{ unit = 'rows', meter = 'm', per_unit = 1 }]",
            "prices[0].components[0].meter",
            "has none of them",
        ),
        (
            "components = [{ unit = 'rows', free = 1, meter = 'm', per_unit = 1 }, { unit = 'files', free = 1, meter = 'm', per_unit = 1 }]",
            "prices[0].components[1].meter",
            "`m` counts rows elsewhere",
        ),
        ("minimum = 0\ncomponents = [{ unit = 'rows', per_unit = 1 }]", "prices[0].minimum", "from 1 to 10^15"),
        (
            "maximum = 1_000_000_000_000_001\ncomponents = [{ unit = 'rows', per_unit = 1 }]",
            "prices[0].maximum",
            "from 1 to 10^15",
        ),
        (
            "minimum = 3\nmaximum = 2\ncomponents = [{ unit = 'rows', per_unit = 1 }]",
            "prices[0].minimum",
            "above the maximum",
        ),
        (
            "rounding = 'half_up'\n[[prices]]\noperation = 'a'\ncomponents = [{ unit = 'request', per_unit = '0.4' }]",
            components,
            "rounds to nothing",
        ),
        (
            "rounding = 'down'\n[[prices]]\noperation = 'a'\ncomponents = [{ unit = 'rows', flat = '0.4' }, { unit = 'files', flat = '0.5' }]",
            components,
            "rounds to nothing",
        ),
        (
            "units = ['parsecs', 'parsecs']\n[[prices]]\noperation = 'a'\ncomponents = [{ unit = 'parsecs', per_unit = 1 }]",
            "units[1]",
            "known already",
        ),
        (
            "dimensions = ['model']\n[[prices]]\noperation = 'a'\ncomponents = [{ unit = 'rows', per_unit = 1 }]",
            "dimensions[0]",
            "known already",
        ),
        (
            "units = ['']\n[[prices]]\noperation = 'a'\ncomponents = [{ unit = 'rows', per_unit = 1 }]",
            "units[0]",
            "must not be empty",
        ),
        (
            "[[prices]]\noperation = 'a*b'\ncomponents = [{ unit = 'rows', per_unit = 1 }]",
            "prices[0].operation",
            "at the end only",
        ),
        (
            "[[prices]]\noperation = ''\ncomponents = [{ unit = 'rows', per_unit = 1 }]",
            "prices[0].operation",
            "must not be empty",
        ),
    ] {
        let found = mistakes(text);
        assert_eq!(found.len(), 1, "{text}: {found:?}");
        assert!(found[0].starts_with(&format!("{place}: ")) && found[0].contains(mistake), "{text}: {found:?}");
    }
}

#[test]
fn all_mistakes_are_named_at_once_up_to_a_limit() {
    let two = "components = [{ unit = 'rws', per_unit = 1 }, { unit = 'files' }]";
    assert_eq!(mistakes(two).len(), 2);
    let entry = "[[prices]]\noperation = 'a'\ncomponents = []\n";
    assert_eq!(mistakes(&entry.repeat(MAX_MISTAKES + 9)).len(), MAX_MISTAKES);
}

#[test]
fn too_much_of_anything_is_refused() {
    let price = |n: usize| {
        format!("[[prices]]\noperation = 'op{n}'\ncomponents = [{{ unit = 'rows', free = 1, per_unit = 1 }}]\n")
    };
    let prices = |count: usize| (0..count).map(price).collect::<String>();
    assert!(PriceBook::try_new(toml::from_str(&prices(MAX_PRICES)).unwrap()).is_ok());
    assert!(mistakes(&prices(MAX_PRICES + 1))[0].starts_with("prices: 1001 prices are too many"));
    let two_meters =
        prices(MAX_METERS).replacen("per_unit = 1 }", "per_unit = 1 }, { unit = 'files', free = 1, per_unit = 1 }", 1);
    assert!(mistakes(&two_meters)[0].starts_with("prices: 1001 counters of monthly use are too many"));
    let many = |item: &str, count: usize| vec![item; count].join(", ");
    let components = format!("components = [{}]", many("{ unit = 'rows', per_unit = 1 }", MAX_COMPONENTS + 1));
    assert!(mistakes(&components)[0].contains("33 components are too many"));
    let tiers = many("{ rate = 1 }", MAX_TIERS + 1);
    assert!(
        mistakes(&format!("components = [{{ unit = 'rows', volume = [{tiers}] }}]"))[0]
            .contains("21 tiers are too many")
    );
    let dimensions = (0..=MAX_DIMENSIONS).map(|n| format!("d{n} = 'x'")).collect::<Vec<_>>().join(", ");
    let text = format!("dimensions = {{ {dimensions} }}\ncomponents = [{{ unit = 'rows', per_unit = 1 }}]");
    assert!(mistakes(&text)[0].contains("9 dimensions are too many"));
    let units = (0..=MAX_DECLARED).map(|n| format!("'u{n}'")).collect::<Vec<_>>().join(", ");
    assert!(mistakes(&format!("units = [{units}]\n{}", prices(1)))[0].contains("65 names are too many"));
    let long = format!(
        "[[prices]]\noperation = '{0}'\ndimensions = {{ model = '{0}' }}\ncomponents = [{{ unit = 'rows', free = 1, per_unit = 1 }}]",
        "x".repeat(128)
    );
    assert!(mistakes(&long)[0].contains("give it one by `meter`"));
}

/// One price a line: its operation and dimensions.
fn scopes(lines: &str) -> String {
    let entry = |line: &str| {
        let (operation, dimensions) = line.trim().split_once(' ').unwrap_or((line.trim(), ""));
        format!(
            "[[prices]]\noperation = '{operation}'\ndimensions = {{ {dimensions} }}\ncomponents = [{{ unit = 'rows', per_unit = 1 }}]\n"
        )
    };
    lines.split('|').map(entry).collect()
}

#[test]
fn two_prices_for_one_usage_are_a_mistake_unless_one_is_more_specific() {
    for ambiguous in [
        "a | a",
        "a* | a*",
        "a model='x' | a model='x'",
        "a model='x' | a region='y'",
        "a model='x*' | a region='y*'",
        "a* model='x', region='y' | a* endpoint='z', region='y'",
    ] {
        assert_eq!(mistakes(&scopes(ambiguous)).len(), 1, "{ambiguous}");
        assert!(
            mistakes(&scopes(ambiguous))[0].starts_with("prices[1]: is the same usage as prices[0]"),
            "{ambiguous}"
        );
    }
    for clear in [
        "a | b | a* | b* | *",
        "a model='x' | a model='y' | a",
        "a model='x' | a model='x*' | a model='*'",
        "a model='x' | a region='y' | a model='x', region='y'",
        "a* model='x' | a* region='y' | a model='*', region='*'| ab* model='x', region='y' | a* model='x', region='y'",
        "ab* model='x' | ac* region='y'",
    ] {
        book(&scopes(clear));
    }
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
