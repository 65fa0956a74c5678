//! What is said about each mistake in a price book.

use domain::price::PriceBook;
use domain::price::limits::*;

use crate::price_books::book;

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
        (
            "welcome = { amount = 0 }\n[[prices]]\noperation = 'a'\ncomponents = [{ unit = 'rows', per_unit = 1 }]",
            "welcome.amount",
            "from 1 to 10^15",
        ),
        (
            "welcome = { amount = 1, validity_days = 0 }\n[[prices]]\noperation = 'a'\ncomponents = [{ unit = 'rows', per_unit = 1 }]",
            "welcome.validity_days",
            "from 1 to 36500 days",
        ),
        (
            "welcome = { monthly = { amount = 0 } }\n[[prices]]\noperation = 'a'\ncomponents = [{ unit = 'rows', per_unit = 1 }]",
            "welcome.monthly.amount",
            "from 1 to 10^15",
        ),
        (
            "welcome = { monthly = { amount = 5, rollover = { capped = -1 } } }\n[[prices]]\noperation = 'a'\ncomponents = [{ unit = 'rows', per_unit = 1 }]",
            "welcome.monthly.rollover",
            "from 1 to 10^15",
        ),
        (
            "welcome = { monthly = { amount = 5, priority = 1001 } }\n[[prices]]\noperation = 'a'\ncomponents = [{ unit = 'rows', per_unit = 1 }]",
            "welcome.monthly.priority",
            "from 0 to 1000",
        ),
        (
            "warning_percent = 0\n[[prices]]\noperation = 'a'\ncomponents = [{ unit = 'rows', per_unit = 1 }]",
            "warning_percent",
            "from 1 to 100 percent",
        ),
        (
            "warning_percent = 101\n[[prices]]\noperation = 'a'\ncomponents = [{ unit = 'rows', per_unit = 1 }]",
            "warning_percent",
            "from 1 to 100 percent",
        ),
        (
            "scale = 10\n[[prices]]\noperation = 'a'\ncomponents = [{ unit = 'rows', per_unit = 1 }]",
            "scale",
            "from 0 to 9 decimals",
        ),
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
