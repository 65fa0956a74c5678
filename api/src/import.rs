//! Balances from elsewhere as a CSV file, from its bytes to commands.
//!
//! Invariant: a file with a mistake is refused as a whole, with every mistake by its line.

use std::collections::HashMap;
use std::fmt;

use csv::StringRecord;
use domain::commands::{Expiry, Grant, Offer, RecordPurchase};
use domain::grant::{Category, Currency, DEFAULT_PRIORITY, Money};
use domain::text::{Metadata, Note, ReferenceText};
use domain::time::to_micros;
use domain::{Command, Credits, OrganizationId, Timestamp, money};
use sha2::{Digest, Sha256};

/// The columns; only the first two and the last must be there.
const COLUMNS: [&str; 7] = ["organization", "credits", "category", "expires_at", "price", "currency", "reference"];
const REQUIRED: [&str; 3] = ["organization", "credits", "reference"];

/// A row that was read.
#[derive(Clone, Debug, PartialEq)]
pub struct Row {
    pub line: u64,
    pub organization: OrganizationId,
    pub credits: Credits,
    pub category: Category,
    pub expires_at: Option<Timestamp>,
    /// What was paid for them.
    pub price: Option<Money>,
    pub reference: ReferenceText,
}

/// What is wrong with a row.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mistake {
    pub line: u64,
    pub message: String,
}

impl fmt::Display for Mistake {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "line {}: {}", self.line, self.message)
    }
}

/// # Errors
/// Every mistake.
pub fn read(text: &[u8]) -> Result<Vec<Row>, Vec<Mistake>> {
    let mut reader = csv::ReaderBuilder::new().trim(csv::Trim::All).from_reader(text);
    let headers = reader.headers().map_err(|error| vec![Mistake { line: 1, message: error.to_string() }])?.clone();
    let columns = columns(&headers).map_err(|message| vec![Mistake { line: 1, message }])?;
    let (mut rows, mut mistakes, mut seen) = (Vec::new(), Vec::new(), HashMap::new());
    for record in reader.records() {
        let read = match record {
            Ok(record) => {
                let line = record.position().map_or(0, csv::Position::line);
                columns.row(&record, line).map_err(|message| Mistake { line, message })
            }
            Err(error) => {
                let line = error.position().map_or(0, csv::Position::line);
                Err(Mistake { line, message: error.to_string() })
            }
        };
        match read {
            Err(mistake) => mistakes.push(mistake),
            Ok(row) => match seen.insert((row.organization.clone(), row.reference.clone()), row.line) {
                Some(first) => {
                    let message = format!("the reference {} stands in line {first} already", row.reference);
                    mistakes.push(Mistake { line: row.line, message });
                }
                None => rows.push(row),
            },
        }
    }
    if mistakes.is_empty() { Ok(rows) } else { Err(mistakes) }
}

/// Where each column is.
struct Columns([Option<usize>; COLUMNS.len()]);

fn columns(headers: &StringRecord) -> Result<Columns, String> {
    let unknown = headers.iter().find(|header| !COLUMNS.contains(header));
    if let Some(unknown) = unknown {
        return Err(format!("there is no column `{unknown}`; the columns are {}", COLUMNS.join(", ")));
    }
    let places = COLUMNS.map(|column| headers.iter().position(|header| header == column));
    let missing = REQUIRED.iter().find(|column| !headers.iter().any(|header| header == **column));
    missing.map_or(Ok(Columns(places)), |column| Err(format!("the column `{column}` is missing")))
}

impl Columns {
    fn row(&self, record: &StringRecord, line: u64) -> Result<Row, String> {
        let [organization, credits, category, expires_at, price, currency, reference] =
            self.0.map(|place| place.and_then(|place| record.get(place)).filter(|field| !field.is_empty()));
        let organization = organization.ok_or("the organization is empty")?;
        let price = price.map(|price| self::price(price, currency)).transpose()?;
        let category = category.map_or(Ok(default_category(price)), self::category)?;
        if price.is_some() && category == Category::Promotional {
            return Err("promotional credits have no price".to_owned());
        }
        Ok(Row {
            line,
            organization: OrganizationId::try_new(organization).map_err(|error| error.to_string())?,
            credits: self::credits(credits.ok_or("the credits are empty")?)?,
            category,
            expires_at: expires_at.map(instant).transpose()?,
            price,
            reference: ReferenceText::try_new(reference.ok_or("the reference is empty")?)
                .map_err(|error| format!("the reference {error}"))?,
        })
    }
}

fn default_category(price: Option<Money>) -> Category {
    if price.is_some() { Category::Paid } else { Category::Promotional }
}

fn category(given: &str) -> Result<Category, String> {
    match given {
        "paid" => Ok(Category::Paid),
        "promotional" => Ok(Category::Promotional),
        other => Err(format!("the category is {other:?}; it is paid or promotional")),
    }
}

fn credits(given: &str) -> Result<Credits, String> {
    let value = given.parse().map(Credits::new).ok();
    value
        .filter(|credits| credits.is_positive() && *credits <= Credits::MAX_AMOUNT)
        .ok_or_else(|| format!("the credits are {given:?}; give a whole number from 1 to 10^15"))
}

fn price(given: &str, currency: Option<&str>) -> Result<Money, String> {
    let currency = currency.ok_or("a price needs a currency")?;
    let currency = Currency::try_new(currency).map_err(|error| error.to_string())?;
    money::from_major(given, currency).map_err(|error| format!("the price {given:?} {error}"))
}

fn instant(given: &str) -> Result<Timestamp, String> {
    let at = given.parse().map(to_micros);
    at.map_err(|_| format!("expires_at is {given:?}; it is written like 2027-01-01T00:00:00Z"))
}

impl Row {
    /// Whether the credits have ended: what was not imported before can no longer be.
    #[must_use]
    pub fn has_expired(&self, now: Timestamp) -> bool {
        self.expires_at.is_some_and(|at| at <= now)
    }

    /// What was paid for keeps its cost basis, so that revenue goes on being recognized.
    #[must_use]
    pub fn command(&self) -> Command {
        let expiry = self.expires_at.map_or(Expiry::Never, Expiry::At);
        match self.price {
            Some(price) => Command::RecordPurchase(RecordPurchase {
                offer: Offer {
                    credits: self.credits,
                    price,
                    package_id: None,
                    package_version: None,
                    bonus_credits: None,
                },
                payment_reference: self.reference.clone(),
                expiry,
                metadata: Metadata::default(),
            }),
            None => Command::Grant(Grant {
                amount: self.credits,
                category: self.category,
                priority: DEFAULT_PRIORITY,
                effective_at: None,
                expiry,
                applies_to: Vec::new(),
                reason: Note::try_new("imported balance").expect("a short text"),
                metadata: Metadata::default(),
            }),
        }
    }

    /// The same reference with other figures is a mistake, not a repetition.
    #[must_use]
    pub fn hash(&self) -> [u8; 32] {
        let price = self.price.map(money::to_major);
        let figures = (self.credits.get(), self.category, self.expires_at, price, self.reference.as_str());
        let text = serde_json::to_vec(&figures).expect("plain values");
        Sha256::digest([b"import 1 ".as_slice(), &text].concat()).into()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_become_grants_and_purchases() {
        let text = b"organization,credits,reference,price,currency,expires_at\n\
                     acme,100,a-1,,,2027-01-01T00:00:00Z\nglobex,500,b-1,9.99,usd,\n";
        let rows = read(text).expect("sound");
        assert!(matches!(rows[0].command(), Command::Grant(grant) if grant.category == Category::Promotional));
        assert!(matches!(rows[1].command(), Command::RecordPurchase(c) if c.offer.price.amount_minor == 999));
        assert_ne!(rows[0].hash(), Row { credits: Credits::new(101), ..rows[0].clone() }.hash());
    }

    #[test]
    fn every_mistake_has_its_line() {
        let text = b"organization,credits,reference,category,price,currency,expires_at\n\
                     a b,1,r1,,,,\nacme,0,r2,,,,\nacme,1.5,r3,,,,\nacme,1,,,,,\nacme,1,r4,free,,,\n\
                     acme,1,r5,,9,,\nacme,1,r6,,,,soon\nacme,1,r7,,,,\nacme,1,r7,,,,\nacme,1\n";
        let mistakes = read(text).expect_err("mistakes");
        let lines: Vec<_> = mistakes.iter().map(|mistake| mistake.line).collect();
        assert_eq!(lines, [2, 3, 4, 5, 6, 7, 8, 10, 11], "{mistakes:?}");
        assert!(read(b"organisation,credits,reference\n").is_err_and(|m| m[0].message.contains("organisation")));
        assert!(read(b"organization,credits\n").is_err_and(|m| m[0].message.contains("reference")));
    }
}
