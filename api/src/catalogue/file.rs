//! The catalogue as a file: packages and the price book in one TOML, as `init` writes it and people keep it in their
//! repository.
//!
//! Invariant: what is wrong is said with its line, whether the form is wrong or the meaning.

use domain::free_credits::Welcome;
use domain::package::{PackageId, PackageTerms};
use domain::price::document::PriceEntry;
use domain::price::mistake::Step;
use domain::price::rate_tiers::RateTiers;
use domain::price::{Document, Place, PriceBook, Rounding};
use domain::{Credits, Timestamp, money};
use serde::Deserialize;
use serde::de::{Deserializer, Error as _};
use toml::Spanned;
use toml::de::DeTable;
use toml::value::Datetime;

use super::terms::{Fields, currency, terms};

/// A file that has been read and checked.
#[derive(Clone, Debug, PartialEq)]
pub struct CatalogueFile {
    pub packages: Vec<(PackageId, PackageTerms)>,
    /// `None` where the file has packages only.
    pub book: Option<Document>,
}

/// What is wrong with a file, and where.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FileMistake {
    pub line: usize,
    pub message: String,
}

impl std::fmt::Display for FileMistake {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "line {}: {}", self.line, self.message)
    }
}

/// The file's form: the members of a [`Document`], and packages beside them.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Form {
    #[serde(default)]
    packages: Vec<Spanned<PackageEntry>>,
    #[serde(default)]
    rounding: Rounding,
    #[serde(default, deserialize_with = "instant")]
    valid_from: Option<Timestamp>,
    scale: Option<u8>,
    welcome: Option<Welcome>,
    warning_percent: Option<u8>,
    #[serde(default)]
    rate_tiers: RateTiers,
    #[serde(default)]
    units: Vec<String>,
    #[serde(default)]
    dimensions: Vec<String>,
    #[serde(default)]
    prices: Vec<PriceEntry>,
}

/// A package as people write it: the price in major units.
#[derive(Clone, Deserialize)]
#[serde(deny_unknown_fields)]
struct PackageEntry {
    id: String,
    name: Option<String>,
    credits: i64,
    #[serde(default)]
    bonus_credits: i64,
    price: Major,
    currency: Option<String>,
    #[serde(default)]
    features: Vec<String>,
    validity_days: Option<u32>,
    rate_tier: Option<String>,
    stripe_price_id: Option<String>,
}

/// `10`, or `"9.99"` in quotes, because a TOML number with decimals is a float.
#[derive(Clone, Deserialize)]
#[serde(untagged, expecting = "a price is a whole number, or has quotes around its decimals such as \"9.99\"")]
enum Major {
    Whole(u64),
    Text(String),
}

/// An instant with or without quotes.
fn instant<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Timestamp>, D::Error> {
    #[derive(Deserialize)]
    #[serde(untagged, expecting = "an instant is written like 2027-01-01T00:00:00Z")]
    enum Given {
        Text(String),
        Toml(Datetime),
    }
    let text = match Given::deserialize(deserializer)? {
        Given::Text(text) => text,
        Given::Toml(datetime) => datetime.to_string(),
    };
    text.parse().map(Some).map_err(|_| D::Error::custom("an instant is written like 2027-01-01T00:00:00Z"))
}

impl CatalogueFile {
    /// # Errors
    /// Every mistake, by line.
    pub fn read(text: &str) -> Result<Self, Vec<FileMistake>> {
        let form: Form = toml::from_str(text).map_err(|error| vec![of_form(text, &error)])?;
        let mut mistakes = Vec::new();
        let packages = packages(text, form.packages.clone(), &mut mistakes);
        let has_rules = form.welcome.is_some()
            || form.warning_percent.is_some()
            || form.scale.is_some()
            || !form.rate_tiers.is_empty();
        let has_book = has_rules || !form.prices.is_empty();
        let book = has_book.then(|| document(form));
        if let Some(Err(found)) = book.clone().map(PriceBook::try_new) {
            let tree = DeTable::parse(text).ok();
            mistakes.extend(found.into_iter().map(|misplaced| FileMistake {
                line: tree.as_ref().map_or(1, |tree| line_of(text, tree, &misplaced.place)),
                message: misplaced.to_string(),
            }));
        }
        if mistakes.is_empty() { Ok(Self { packages, book }) } else { Err(mistakes) }
    }
}

fn document(form: Form) -> Document {
    Document {
        rounding: form.rounding,
        scale: form.scale,
        valid_from: form.valid_from,
        welcome: form.welcome,
        warning_percent: form.warning_percent,
        rate_tiers: form.rate_tiers,
        units: form.units,
        dimensions: form.dimensions,
        prices: form.prices,
    }
}

fn packages(
    text: &str,
    entries: Vec<Spanned<PackageEntry>>,
    mistakes: &mut Vec<FileMistake>,
) -> Vec<(PackageId, PackageTerms)> {
    let mut read: Vec<(PackageId, PackageTerms)> = Vec::new();
    for entry in entries {
        let line = line_at(text, entry.span().start);
        match package(entry.into_inner()) {
            Ok((id, _)) if read.iter().any(|(other, _)| *other == id) => {
                mistakes.push(FileMistake { line, message: format!("package `{id}` comes twice") });
            }
            Ok(package) => read.push(package),
            Err(message) => mistakes.push(FileMistake { line, message }),
        }
    }
    read
}

fn package(entry: PackageEntry) -> Result<(PackageId, PackageTerms), String> {
    let id = PackageId::try_new(&entry.id).map_err(|error| error.to_string())?;
    let currency = currency(entry.currency.as_deref())?;
    let price = match entry.price {
        Major::Whole(whole) => whole.to_string(),
        Major::Text(text) => text,
    };
    let fields = Fields {
        name: entry.name,
        credits: Credits::new(entry.credits),
        bonus_credits: Credits::new(entry.bonus_credits),
        price: money::from_major(&price, currency).map_err(|error| format!("the price {price:?} {error}"))?,
        features: entry.features,
        validity_days: entry.validity_days,
        rate_tier: entry.rate_tier,
        stripe_price_id: entry.stripe_price_id,
    };
    terms(&id, fields).map(|terms| (id, terms))
}

fn of_form(text: &str, error: &toml::de::Error) -> FileMistake {
    FileMistake { line: error.span().map_or(1, |span| line_at(text, span.start)), message: error.message().to_owned() }
}

/// The line of a place in the document, or of the nearest part around it that the text has.
fn line_of(text: &str, tree: &Spanned<DeTable<'_>>, place: &Place) -> usize {
    let mut start = tree.span().start;
    let mut steps = place.steps().iter();
    let first = steps.next().and_then(|step| match step {
        Step::Field(name) => member(tree.get_ref(), name),
        Step::Key(name) => member(tree.get_ref(), name),
        Step::Item(_) => None,
    });
    let Some(mut value) = first else { return line_at(text, start) };
    start = value.span().start;
    for step in steps {
        let next = match step {
            Step::Field(name) => value.get_ref().as_table().and_then(|table| member(table, name)),
            Step::Key(name) => value.get_ref().as_table().and_then(|table| member(table, name)),
            Step::Item(index) => value.get_ref().as_array().and_then(|items| items.get(*index)),
        };
        let Some(next) = next else { break };
        value = next;
        start = value.span().start;
    }
    line_at(text, start)
}

fn member<'a, 'i>(table: &'a DeTable<'i>, name: &str) -> Option<&'a Spanned<toml::de::DeValue<'i>>> {
    table.iter().find(|(key, _)| key.get_ref() == name).map(|(_, value)| value)
}

fn line_at(text: &str, byte: usize) -> usize {
    text.as_bytes()[..byte.min(text.len())].iter().filter(|byte| **byte == b'\n').count() + 1
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lines(text: &str) -> Vec<(usize, String)> {
        let mistakes = CatalogueFile::read(text).expect_err("it has mistakes");
        mistakes.into_iter().map(|mistake| (mistake.line, mistake.message)).collect()
    }

    #[test]
    fn a_file_has_packages_and_a_book() {
        let text = "valid_from = 2099-01-01T00:00:00Z\n[[packages]]\nid = \"p\"\ncredits = 10\nprice = \"9.99\"\n\
                    [[prices]]\noperation = \"a\"\ncomponents = [{ unit = \"request\", per_unit = 1 }]\n";
        let file = CatalogueFile::read(text).expect("sound");
        assert_eq!(file.packages[0].1.price.amount_minor, 999);
        assert!(file.book.is_some_and(|book| book.valid_from.is_some() && book.prices.len() == 1));
    }

    #[test]
    fn each_mistake_has_its_line() {
        let form = "[[prices]]\noperation = \"a\"\ncomponents = [{ unit = \"request\", per_unit = 0.5 }]\n";
        assert_eq!(lines(form)[0].0, 3, "{:?}", lines(form));
        let meaning = "[[packages]]\nid = \"a b\"\ncredits = 1\nprice = 1\n\n[[prices]]\noperation = \"a\"\ncomponents = [\n  \
                       { unit = \"request\", per_unit = 1 },\n  { unit = \"imput_tokens\", per_unit = 1 },\n]\n";
        let found = lines(meaning);
        assert_eq!(found.iter().map(|(line, _)| *line).collect::<Vec<_>>(), [1, 10], "{found:?}");
        assert!(found[1].1.contains("did you mean `input_tokens`?"), "{found:?}");
        let float = "[[packages]]\nid = \"a\"\ncredits = 1\nprice = 9.99\n";
        assert!(lines(float)[0].1.contains("quotes"), "{:?}", lines(float));
        let twice = "[[packages]]\nid = \"a\"\ncredits = 1\nprice = 1\n".repeat(2);
        assert_eq!(lines(&twice), [(5, "package `a` comes twice".to_owned())]);
    }
}
