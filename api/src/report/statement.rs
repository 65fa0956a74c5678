//! An account statement: opening balance, movements, closing balance.

use std::io::{self, Write};

use chrono::{DateTime, SecondsFormat, Utc};
use serde_json::json;

use super::{Books, Format, Month, shown};
use crate::answers::lists::TransactionRow;
use crate::csv::{self, Cell, Row};

/// Being written.
pub struct Statement<W> {
    out: W,
    format: Format,
    month: Month,
    books: Books,
    is_first: bool,
}

impl<W: Write> Statement<W> {
    /// Writes what comes before the movements.
    ///
    /// # Errors
    /// It cannot be written.
    pub fn open(out: W, format: Format, organization: &str, month: Month, opening: i64) -> io::Result<Self> {
        let mut statement = Self { out, format, month, books: Books::open(opening), is_first: true };
        match format {
            Format::Table(scale) => {
                writeln!(statement.out, "Account statement of {organization}, {month} (UTC)\n")?;
                let (time, kind, amount, balance) = ("time", "type", "amount", "balance");
                writeln!(statement.out, "{time:<27}  {kind:<13}  {amount:>16}  {balance:>16}  description")?;
                statement.line(month.start(), "opening", None, &scale.shown(opening), "")?;
            }
            Format::Csv => {
                statement.out.write_all(&csv::header::<Line<'_>>())?;
                statement.edge(month.start(), "opening_balance", opening)?;
            }
            Format::Json => {
                let head =
                    json!({"organization_id": organization, "month": month.to_string(), "opening_balance": opening});
                let head = head.to_string();
                let head = head.strip_suffix('}').expect("an object ends with a brace");
                write!(statement.out, "{head},\"movements\":[")?;
            }
        }
        Ok(statement)
    }

    /// Writes one movement; they come in their order.
    ///
    /// # Errors
    /// It cannot be written.
    pub fn movement(&mut self, row: &TransactionRow) -> io::Result<()> {
        self.books.enter(&row.r#type, row.amount, row.balance_after);
        let is_first = std::mem::take(&mut self.is_first);
        match self.format {
            Format::Table(scale) => {
                let text = row.description.as_deref().or(row.operation.as_deref()).unwrap_or_default();
                let (amount, balance) = (scale.shown(row.amount), scale.shown(row.balance_after));
                self.line(row.created_at, &row.r#type, Some(&amount), &balance, text)
            }
            Format::Csv => self.out.write_all(&csv::line(&Line::Movement(row))),
            Format::Json => {
                let separator = if is_first { "" } else { "," };
                let row = serde_json::to_string(row).expect("a row is plain JSON");
                write!(self.out, "{separator}\n{row}")
            }
        }
    }

    /// Writes what comes behind the movements.
    ///
    /// # Errors
    /// It cannot be written.
    pub fn close(mut self) -> io::Result<Books> {
        let (end, closing) = (self.month.end(), self.books.closing);
        match self.format {
            Format::Table(scale) => {
                self.line(end, "closing", None, &scale.shown(closing), "")?;
                let (kind, amount, count) = ("type", "amount", "movements");
                writeln!(self.out, "\n{kind:<13}  {amount:>16}  {count:>12}")?;
                for (kind, total) in &self.books.totals {
                    writeln!(self.out, "{kind:<13}  {:>16}  {:>12}", scale.shown(total.amount), total.count)?;
                }
            }
            Format::Csv => self.edge(end, "closing_balance", closing)?,
            Format::Json => {
                let totals = serde_json::to_string(&self.books.totals).expect("totals are plain JSON");
                writeln!(self.out, "],\"closing_balance\":{closing},\"totals\":{totals}}}")?;
            }
        }
        self.out.flush()?;
        Ok(self.books)
    }

    fn line(
        &mut self,
        at: DateTime<Utc>,
        kind: &str,
        amount: Option<&str>,
        balance: &str,
        text: &str,
    ) -> io::Result<()> {
        let (at, text) = (at.to_rfc3339_opts(SecondsFormat::Micros, true), shown(text));
        let amount = amount.unwrap_or_default();
        let line = format!("{at:<27}  {kind:<13}  {amount:>16}  {balance:>16}  {text}");
        writeln!(self.out, "{}", line.trim_end())
    }

    fn edge(&mut self, at: DateTime<Utc>, kind: &'static str, balance: i64) -> io::Result<()> {
        self.out.write_all(&csv::line(&Line::Edge { at, kind, balance }))
    }
}

/// A line of the CSV.
enum Line<'a> {
    Movement(&'a TransactionRow),
    Edge { at: DateTime<Utc>, kind: &'static str, balance: i64 },
}

impl Row for Line<'_> {
    const COLUMNS: &'static [&'static str] = TransactionRow::COLUMNS;

    fn cells(&self) -> Vec<Cell<'_>> {
        match self {
            Self::Movement(row) => row.cells(),
            Self::Edge { at, kind, balance } => {
                let cell = |name: &&str| match *name {
                    "created_at" => Cell::Time(*at),
                    "type" => Cell::text(kind),
                    "balance_after" => Cell::Number((*balance).into()),
                    _ => Cell::Empty,
                };
                Self::COLUMNS.iter().map(cell).collect()
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use domain::Scale;
    use serde_json::Value;
    use uuid::Uuid;

    fn movement(amount: i64, balance_after: i64) -> TransactionRow {
        TransactionRow {
            id: Uuid::nil(),
            sequence: 7,
            created_at: "2026-11-03T10:00:00Z".parse().expect("a time"),
            r#type: "consumption".to_owned(),
            amount,
            balance_after,
            entity_id: None,
            description: Some("=1+1".to_owned()),
            reference: None,
            operation: None,
            subject: None,
            actor: "key:1".to_owned(),
            metadata: json!({}),
        }
    }

    fn written(format: Format) -> (String, Books) {
        let mut out = Vec::new();
        let month = "2026-11".parse().expect("a month");
        let mut statement = Statement::open(&mut out, format, "acme", month, 100).expect("a vector takes all");
        statement.movement(&movement(-30, 70)).expect("a vector takes all");
        statement.movement(&movement(-20, 50)).expect("a vector takes all");
        let books = statement.close().expect("a vector takes all");
        (String::from_utf8(out).expect("UTF-8"), books)
    }

    #[test]
    fn a_table_reads_from_the_opening_to_the_closing_balance() {
        let (text, books) = written(Format::Table(Scale::default()));
        let lines: Vec<Vec<&str>> = text.lines().map(|line| line.split_whitespace().collect()).collect();
        assert_eq!(lines[3], ["2026-11-01T00:00:00.000000Z", "opening", "100"]);
        assert_eq!(lines[4], ["2026-11-03T10:00:00.000000Z", "consumption", "-30", "70", "=1+1"]);
        assert_eq!(lines[6], ["2026-12-01T00:00:00.000000Z", "closing", "50"]);
        assert_eq!(lines[9], ["consumption", "-50", "2"]);
        assert!(books.is_whole);
    }

    #[test]
    fn a_table_shows_amounts_by_the_scale() {
        let (text, books) = written(Format::Table(Scale::try_new(2).expect("a scale")));
        let lines: Vec<Vec<&str>> = text.lines().map(|line| line.split_whitespace().collect()).collect();
        assert_eq!(lines[3], ["2026-11-01T00:00:00.000000Z", "opening", "1.00"]);
        assert_eq!(lines[4], ["2026-11-03T10:00:00.000000Z", "consumption", "-0.30", "0.70", "=1+1"]);
        assert_eq!(lines[6], ["2026-12-01T00:00:00.000000Z", "closing", "0.50"]);
        assert_eq!(lines[9], ["consumption", "-0.50", "2"]);
        assert_eq!(books.closing, 50);
    }

    #[test]
    fn json_is_one_object() {
        let value: Value = serde_json::from_str(&written(Format::Json).0).expect("JSON");
        assert_eq!((&value["opening_balance"], &value["closing_balance"]), (&json!(100), &json!(50)));
        assert_eq!(value["movements"].as_array().map(Vec::len), Some(2));
        assert_eq!(value["totals"], json!({"consumption": {"count": 2, "amount": -50}}));
    }

    #[test]
    fn csv_has_the_balances_as_its_first_and_last_rows() {
        let text = written(Format::Csv).0;
        let lines: Vec<&str> = text.lines().collect();
        assert_eq!(lines.len(), 5);
        assert_eq!(lines[1], ",,2026-11-01T00:00:00Z,opening_balance,,100,,,,,,,,");
        assert!(lines[2].contains("'=1+1"), "{}", lines[2]);
        assert_eq!(lines[4], ",,2026-12-01T00:00:00Z,closing_balance,,50,,,,,,,,");
    }
}
