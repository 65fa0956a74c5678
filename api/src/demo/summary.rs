//! What a demonstration shows at its end.

use std::fmt::Write as _;

use domain::Scale;
use hdrhistogram::Histogram;
use serde::Serialize;

use super::books::Books;
use super::replay::{Played, Replayed};
use super::tariff::Tariff;

/// One organization's line.
#[derive(Clone, Debug, Serialize)]
pub struct Line {
    pub organization: String,
    pub calls: u64,
    pub refused: u64,
    pub context_tokens: i64,
    pub generated_tokens: i64,
    pub credits_spent: i64,
    pub balance: i64,
}

/// The totals, the lines, and whether the books agree.
#[derive(Clone, Debug, Serialize)]
pub struct Summary {
    pub calls: u64,
    pub refused: u64,
    pub context_tokens: i64,
    pub generated_tokens: i64,
    pub credits_spent: i64,
    pub events: u64,
    pub latency_p50_us: u64,
    pub latency_p99_us: u64,
    pub organizations: Vec<Line>,
    /// Empty when the books balance.
    pub differences: Vec<String>,
    /// How people are shown credits; programs get them whole.
    #[serde(skip)]
    pub scale: Scale,
}

impl Summary {
    /// `books` are those of the same organizations, in the same order.
    #[must_use]
    pub fn new(replayed: &Replayed, books: &[Books], tariff: &Tariff, scale: Scale) -> Self {
        let played = &replayed.organizations;
        let quantile = |latency: &Histogram<u64>, quantile| latency.value_at_quantile(quantile);
        Self {
            calls: played.iter().map(|one| one.calls).sum(),
            refused: played.iter().map(|one| one.refused).sum(),
            context_tokens: played.iter().map(|one| one.context_tokens).sum(),
            generated_tokens: played.iter().map(|one| one.generated_tokens).sum(),
            credits_spent: played.iter().map(|one| one.spent).sum(),
            events: books.iter().map(|one| one.last_sequence).sum(),
            latency_p50_us: quantile(&replayed.latency, 0.5),
            latency_p99_us: quantile(&replayed.latency, 0.99),
            organizations: played.iter().zip(books).map(|(played, books)| line(played, books)).collect(),
            differences: played
                .iter()
                .zip(books)
                .flat_map(|(played, books)| books.differences(played, tariff))
                .collect(),
            scale,
        }
    }

    /// The summary for programs.
    #[must_use]
    pub fn json(&self) -> String {
        serde_json::to_string_pretty(self).expect("a summary is plain JSON")
    }

    /// The summary for people.
    #[must_use]
    pub fn text(&self) -> String {
        let mut text = String::new();
        self.write(&mut text).expect("writing to a string cannot fail");
        text
    }

    fn write(&self, text: &mut String) -> std::fmt::Result {
        writeln!(
            text,
            "{:<24} {}",
            "organization",
            columns(["calls", "refused", "context", "generated", "spent", "balance"])
        )?;
        for line in &self.organizations {
            let (calls, refused) = (line.calls.to_string(), line.refused.to_string());
            let (context, generated) = (line.context_tokens.to_string(), line.generated_tokens.to_string());
            let (spent, balance) = (self.scale.shown(line.credits_spent), self.scale.shown(line.balance));
            let figures = [&calls, &refused, &context, &generated, &spent, &balance];
            writeln!(text, "{:<24} {}", line.organization, columns(figures.map(String::as_str)))?;
        }
        let tokens = self.context_tokens + self.generated_tokens;
        let (context, generated) = (self.context_tokens, self.generated_tokens);
        let (p50, p99) = (milliseconds(self.latency_p50_us), milliseconds(self.latency_p99_us));
        writeln!(text, "\ncalls          {} made, {} refused for want of credits", self.calls, self.refused)?;
        writeln!(text, "tokens         {tokens} ({context} context, {generated} generated)")?;
        writeln!(text, "credits spent  {}", self.scale.shown(self.credits_spent))?;
        writeln!(text, "latency        p50 {p50} ms, p99 {p99} ms a request")?;
        self.write_books(text)
    }

    fn write_books(&self, text: &mut String) -> std::fmt::Result {
        if self.differences.is_empty() {
            return writeln!(text, "books          balance: {} events read back say the same", self.events);
        }
        writeln!(text, "books          DO NOT balance:")?;
        self.differences.iter().try_for_each(|difference| writeln!(text, "  {difference}"))
    }
}

/// Numbers under each other, to the right.
fn columns(cells: [&str; 6]) -> String {
    cells.map(|cell| format!("{cell:>11}")).join(" ")
}

fn line(played: &Played, books: &Books) -> Line {
    Line {
        organization: played.organization.clone(),
        calls: played.calls,
        refused: played.refused,
        context_tokens: played.context_tokens,
        generated_tokens: played.generated_tokens,
        credits_spent: books.spent,
        balance: books.balance,
    }
}

/// Two digits after the point.
fn milliseconds(microseconds: u64) -> String {
    format!("{}.{:02}", microseconds / 1_000, microseconds % 1_000 / 10)
}
