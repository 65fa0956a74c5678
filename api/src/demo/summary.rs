//! What a demonstration shows at its end.

use std::fmt::Write as _;

use hdrhistogram::Histogram;
use serde::Serialize;

use super::books::Books;
use super::replay::{Played, Replayed};

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
}

impl Summary {
    /// `books` are those of the same organizations, in the same order.
    #[must_use]
    pub fn new(replayed: &Replayed, books: &[Books]) -> Self {
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
            differences: played.iter().zip(books).flat_map(|(played, books)| books.differences(played)).collect(),
        }
    }

    /// The table for people.
    ///
    /// # Errors
    /// None in practice: writing to a string cannot fail.
    pub fn text(&self) -> Result<String, std::fmt::Error> {
        let mut text = String::new();
        writeln!(
            text,
            "{:<24} {:>7} {:>8} {:>12} {:>12} {:>12} {:>12}",
            "organization", "calls", "refused", "context", "generated", "spent", "balance"
        )?;
        for line in &self.organizations {
            writeln!(
                text,
                "{:<24} {:>7} {:>8} {:>12} {:>12} {:>12} {:>12}",
                line.organization,
                line.calls,
                line.refused,
                line.context_tokens,
                line.generated_tokens,
                line.credits_spent,
                line.balance
            )?;
        }
        let tokens = self.context_tokens + self.generated_tokens;
        let (context, generated) = (self.context_tokens, self.generated_tokens);
        writeln!(text, "\ncalls          {} made, {} refused for want of credits", self.calls, self.refused)?;
        writeln!(text, "tokens         {tokens} ({context} context, {generated} generated)")?;
        writeln!(text, "credits spent  {}", self.credits_spent)?;
        let (p50, p99) = (milliseconds(self.latency_p50_us), milliseconds(self.latency_p99_us));
        writeln!(text, "latency        p50 {p50} ms, p99 {p99} ms a request")?;
        if self.differences.is_empty() {
            writeln!(text, "books          balance: {} events read back say the same", self.events)?;
        } else {
            writeln!(text, "books          DO NOT balance:")?;
            for difference in &self.differences {
                writeln!(text, "  {difference}")?;
            }
        }
        Ok(text)
    }
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
