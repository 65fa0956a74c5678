//! Reports of a month, for people and scripts. What is written is a function of the rows; where rows come from is in
//! `cli/report.rs`.
//!
//! Invariant: a statement is written as its movements arrive, so that its length is not bounded by memory.

mod books;
mod month;
mod statement;
mod usage;

pub use books::Books;
pub use month::Month;
pub use statement::Statement;
pub use usage::UsageReport;

use std::borrow::Cow;

use domain::Scale;

/// How a report is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format {
    /// For people, amounts by the scale.
    Table(Scale),
    Csv,
    Json,
}

/// A text for a terminal, which would obey the control characters in it.
fn shown(text: &str) -> Cow<'_, str> {
    if text.chars().any(char::is_control) {
        Cow::Owned(text.chars().map(|c| if c.is_control() { '\u{fffd}' } else { c }).collect())
    } else {
        Cow::Borrowed(text)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_terminal_gets_no_commands() {
        assert_eq!(shown("a\u{1b}[2Jb\n"), "a\u{fffd}[2Jb\u{fffd}");
        assert_eq!(shown("plain"), "plain");
    }
}
