//! A trace of model calls: `TIMESTAMP,ContextTokens,GeneratedTokens`, a call a line.

use std::fs::File;
use std::io::Read;
use std::path::Path;

use anyhow::{Context as _, ensure};
use serde::Deserialize;

/// The trace that is used where none is given.
const SAMPLE: &str = include_str!("sample.csv");

/// More than an hour of a large service; a trace is kept in memory.
const CALLS_MAX: usize = 5_000_000;

/// One model call.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct ModelCall {
    #[serde(rename = "TIMESTAMP")]
    pub called_at: String,
    #[serde(rename = "ContextTokens")]
    pub context_tokens: u32,
    #[serde(rename = "GeneratedTokens")]
    pub generated_tokens: u32,
}

impl ModelCall {
    /// What the call costs, at one credit a token.
    #[must_use]
    pub fn cost(&self) -> i64 {
        i64::from(self.context_tokens) + i64::from(self.generated_tokens)
    }
}

/// Reads the file, or the sample that is part of the program.
///
/// # Errors
/// The file cannot be read, or a line is not a call; the error names the line.
pub fn read(file: Option<&Path>) -> anyhow::Result<Vec<ModelCall>> {
    match file {
        None => parse(SAMPLE.as_bytes()),
        Some(path) => {
            let file = File::open(path).with_context(|| format!("cannot open {}", path.display()))?;
            parse(file).with_context(|| format!("{} is not a trace of model calls", path.display()))
        }
    }
}

fn parse(text: impl Read) -> anyhow::Result<Vec<ModelCall>> {
    let mut reader = csv::Reader::from_reader(text);
    let calls: Vec<ModelCall> = reader.deserialize().take(CALLS_MAX + 1).collect::<Result<_, _>>()?;
    ensure!(!calls.is_empty(), "there is no call in it");
    ensure!(calls.len() <= CALLS_MAX, "there are more than {CALLS_MAX} calls in it");
    Ok(calls)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_sample_has_two_hundred_calls() {
        let calls = read(None).expect("the sample is well formed");
        assert_eq!(calls.len(), 200);
        assert!(calls.iter().all(|call| call.cost() > 0));
    }

    #[test]
    fn a_bad_line_is_named() {
        let table = [
            ("", "no call"),
            ("TIMESTAMP,ContextTokens,GeneratedTokens\n", "no call"),
            ("TIMESTAMP,ContextTokens,GeneratedTokens\nt,1,2\nt,-1,2\n", "line: 3"),
            ("TIMESTAMP,ContextTokens,GeneratedTokens\nt,1.5,2\n", "line: 2"),
            ("TIMESTAMP,ContextTokens,GeneratedTokens\nt,1\n", "line: 2"),
            ("a,b,c\nt,1,2\n", "TIMESTAMP"),
        ];
        for (text, expected) in table {
            let error = format!("{:#}", parse(text.as_bytes()).expect_err(text));
            assert!(error.contains(expected), "{text:?}: {error}");
        }
    }
}
