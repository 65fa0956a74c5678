//! A usage report: what each operation was used for.

use std::io::{self, Write};

use domain::Scale;
use serde::Serialize;

use super::{Format, Month, shown};
use crate::answers::lists::UsageRow;
use crate::csv;

/// The usage of a month by operation, and in all.
#[derive(Debug, Serialize)]
pub struct UsageReport {
    organization_id: String,
    month: String,
    usage: Vec<UsageRow>,
    total: Total,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
struct Total {
    count: i64,
    credits: i64,
}

impl UsageReport {
    #[must_use]
    pub fn of(organization: &str, month: Month, usage: Vec<UsageRow>) -> Self {
        let total = Total {
            count: usage.iter().map(|row| row.count).sum(),
            credits: usage.iter().map(|row| row.credits).sum(),
        };
        Self { organization_id: organization.to_owned(), month: month.to_string(), usage, total }
    }

    /// # Errors
    /// It cannot be written.
    pub fn write(&self, mut out: impl Write, format: Format) -> io::Result<()> {
        match format {
            Format::Table(scale) => self.table(&mut out, scale)?,
            Format::Csv => out.write_all(&csv::table(&self.usage))?,
            Format::Json => {
                serde_json::to_writer(&mut out, self)?;
                writeln!(out)?;
            }
        }
        out.flush()
    }

    fn table(&self, out: &mut impl Write, scale: Scale) -> io::Result<()> {
        writeln!(out, "Usage of {}, {} (UTC)\n", self.organization_id, self.month)?;
        let (count, credits) = ("count", "credits");
        let names = self.usage.iter().map(name);
        let width = names.map(|name| name.chars().count()).chain(["operation".len()]).max().unwrap_or_default();
        writeln!(out, "{:<width$}  {count:>12}  {credits:>16}  quantities", "operation")?;
        for row in &self.usage {
            let quantities = row.quantities.get();
            let quantities = if quantities == "{}" { "" } else { quantities };
            let credits = scale.shown(row.credits);
            let line = format!("{:<width$}  {:>12}  {credits:>16}  {quantities}", name(row), row.count);
            writeln!(out, "{}", line.trim_end())?;
        }
        writeln!(out, "{:<width$}  {:>12}  {:>16}", "in all", self.total.count, scale.shown(self.total.credits))
    }
}

fn name(row: &UsageRow) -> String {
    row.operation
        .as_ref()
        .and_then(Option::as_deref)
        .map_or_else(|| "(none)".to_owned(), |text| shown(text).into_owned())
}

#[cfg(test)]
mod tests {
    use super::*;
    use chrono::{DateTime, Utc};
    use serde_json::value::RawValue;
    use serde_json::{Value, json};

    fn row(operation: Option<&str>, credits: i64, quantities: &str) -> UsageRow {
        let raw = |text: &str| RawValue::from_string(text.to_owned()).expect("JSON");
        UsageRow {
            bucket: DateTime::<Utc>::UNIX_EPOCH,
            operation: Some(operation.map(str::to_owned)),
            subject: None,
            dimensions: [].into(),
            count: 2,
            credits,
            shortfall: raw("0"),
            quantities: raw(quantities),
        }
    }

    fn written(format: Format) -> String {
        let month = "2026-11".parse().expect("a month");
        let huge = r#"{"tokens": 99999999999999999999999}"#;
        let report = UsageReport::of("acme", month, vec![row(Some("chat"), 30, huge), row(None, 12, "{}")]);
        let mut out = Vec::new();
        report.write(&mut out, format).expect("a vector takes all");
        String::from_utf8(out).expect("UTF-8")
    }

    #[test]
    fn a_table_ends_with_the_sum() {
        let text = written(Format::Table(Scale::default()));
        let lines: Vec<Vec<&str>> = text.lines().map(|line| line.split_whitespace().collect()).collect();
        assert_eq!(lines[3][..3], ["chat", "2", "30"]);
        assert_eq!((&lines[4][..], &lines[5][..]), (&["(none)", "2", "12"][..], &["in", "all", "4", "42"][..]));
        let text = written(Format::Table(Scale::try_new(3).expect("a scale")));
        let lines: Vec<Vec<&str>> = text.lines().map(|line| line.split_whitespace().collect()).collect();
        assert_eq!((&lines[3][..3], lines[5][3]), (&["chat", "2", "0.030"][..], "0.042"));
    }

    #[test]
    fn json_keeps_numbers_of_any_size() {
        let text = written(Format::Json);
        assert!(text.contains("99999999999999999999999"), "{text}");
        let value: Value = serde_json::from_str(&text).expect("JSON");
        assert_eq!(value["total"], json!({"count": 4, "credits": 42}));
        assert_eq!(value["usage"][1]["operation"], Value::Null);
        assert!(written(Format::Csv).starts_with("bucket,operation,"));
    }
}
