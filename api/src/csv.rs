//! Rows as CSV (quoted as in RFC 4180, UTF-8, one header line), for spreadsheets and scripts.
//!
//! Invariant: no text of a caller's is a formula to a spreadsheet. A text that begins like one gets an apostrophe in
//! front, which spreadsheets read as "this is text"; numbers and times are written as they are.

use std::borrow::Cow;

use chrono::{DateTime, SecondsFormat, Utc};
use uuid::Uuid;

/// What makes a spreadsheet read a cell as a formula, or skip to what does: the ASCII signs, white space, and the wide
/// forms of the signs that some versions fold to them.
const FORMULA_SIGNS: [char; 11] = ['=', '+', '-', '@', '\t', '\r', '\n', '＝', '＋', '－', '＠'];

/// Something that is one line of a table.
pub trait Row {
    const COLUMNS: &'static [&'static str];

    /// One cell a column.
    fn cells(&self) -> Vec<Cell<'_>>;
}

/// The value of a column.
#[derive(Clone, Debug, PartialEq)]
pub enum Cell<'a> {
    Empty,
    /// Signed: its minus is no formula.
    Number(i128),
    Flag(bool),
    Time(DateTime<Utc>),
    Id(Uuid),
    /// Anything that a caller could have written.
    Text(Cow<'a, str>),
}

impl<'a> Cell<'a> {
    #[must_use]
    pub fn text(text: &'a str) -> Self {
        Self::Text(Cow::Borrowed(text))
    }

    /// Empty where there is nothing.
    #[must_use]
    pub fn maybe<T>(value: Option<T>, cell: impl FnOnce(T) -> Self) -> Self {
        value.map_or(Self::Empty, cell)
    }

    /// A structure, as JSON.
    #[must_use]
    pub fn json(value: &impl serde::Serialize) -> Self {
        Self::Text(Cow::Owned(serde_json::to_string(value).expect("a plain value")))
    }

    fn written(&self) -> Cow<'_, str> {
        match self {
            Self::Empty => Cow::Borrowed(""),
            Self::Number(number) => Cow::Owned(number.to_string()),
            Self::Flag(flag) => Cow::Borrowed(if *flag { "true" } else { "false" }),
            Self::Time(at) => Cow::Owned(at.to_rfc3339_opts(SecondsFormat::AutoSi, true)),
            Self::Id(id) => Cow::Owned(id.to_string()),
            Self::Text(text) => inert(text),
        }
    }
}

/// The text, so that no spreadsheet computes it.
fn inert(text: &str) -> Cow<'_, str> {
    if text.starts_with(FORMULA_SIGNS) { Cow::Owned(format!("'{text}")) } else { Cow::Borrowed(text) }
}

/// The header.
#[must_use]
pub fn header<R: Row>() -> Vec<u8> {
    record(R::COLUMNS.iter().map(|name| Cow::Borrowed(*name)))
}

/// One row.
#[must_use]
pub fn line(row: &impl Row) -> Vec<u8> {
    let cells = row.cells();
    record(cells.iter().map(Cell::written))
}

/// The header and rows.
#[must_use]
pub fn table<R: Row>(rows: &[R]) -> Vec<u8> {
    rows.iter().fold(header::<R>(), |mut table, row| {
        table.extend(line(row));
        table
    })
}

fn record<'a>(cells: impl Iterator<Item = Cow<'a, str>>) -> Vec<u8> {
    let mut writer = csv::Writer::from_writer(Vec::new());
    for cell in cells {
        writer.write_field(&*cell).expect("a vector takes every byte");
    }
    writer.write_record(None::<&[u8]>).expect("a vector takes every byte");
    writer.into_inner().expect("a vector takes every byte")
}

#[cfg(test)]
mod tests {
    use super::*;

    struct Line(Vec<Cell<'static>>);

    impl Row for Line {
        const COLUMNS: &'static [&'static str] = &["a", "b"];
        fn cells(&self) -> Vec<Cell<'_>> {
            self.0.clone()
        }
    }

    fn text(cell: Cell<'static>) -> String {
        String::from_utf8(line(&Line(vec![cell, Cell::Empty]))).expect("UTF-8")
    }

    #[test]
    fn a_formula_stays_a_text() {
        for formula in ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1", "\n=1", "＝1"] {
            let mut reader = csv::ReaderBuilder::new()
                .has_headers(false)
                .from_reader(std::io::Cursor::new(text(Cell::text(formula))));
            let record = reader.records().next().expect("a row").expect("CSV");
            assert_eq!(record[0], format!("'{formula}"));
        }
        assert_eq!(text(Cell::text("a=1")), "a=1,\n");
    }

    #[test]
    fn numbers_and_times_are_as_they_are() {
        assert_eq!(text(Cell::Number(-5)), "-5,\n");
        assert_eq!(text(Cell::Time(DateTime::from_timestamp(0, 0).expect("an instant"))), "1970-01-01T00:00:00Z,\n");
        assert_eq!(text(Cell::Flag(true)), "true,\n");
    }

    #[test]
    fn separators_quotes_and_lines_are_quoted() {
        assert_eq!(text(Cell::text("a,\"b\"\nc")), "\"a,\"\"b\"\"\nc\",\n");
        assert_eq!(text(Cell::json(&serde_json::json!({"a": 1}))), "\"{\"\"a\"\":1}\",\n");
        let rows = [Line(vec![Cell::text("x"), Cell::Number(1)]), Line(vec![Cell::Empty, Cell::Empty])];
        assert_eq!(table(&rows), b"a,b\nx,1\n,\n");
    }
}
