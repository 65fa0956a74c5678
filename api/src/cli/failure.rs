//! How a command ends when it does not succeed.

use std::fmt::Display;
use std::process::ExitCode;

/// An exit code and a sentence.
#[derive(Debug)]
pub struct Failure {
    code: u8,
    message: String,
}

impl Failure {
    /// Something was found, or the ledger refused.
    #[must_use]
    pub fn finding(message: impl Display) -> Self {
        Self { code: 1, message: message.to_string() }
    }

    /// A setting is wrong; the sentence names it.
    #[must_use]
    pub fn usage(message: impl Display) -> Self {
        Self { code: 2, message: message.to_string() }
    }

    /// Something that is needed does not answer.
    #[must_use]
    pub fn unavailable(message: impl Display) -> Self {
        Self { code: 3, message: message.to_string() }
    }

    /// The same, with all that an error says about its cause.
    #[must_use]
    pub fn caused(what: &str, error: &(dyn std::error::Error + 'static)) -> Self {
        let mut message = what.to_owned();
        for cause in std::iter::successors(Some(error), |error| error.source()).map(ToString::to_string) {
            // Some errors repeat their source in their own text.
            if !message.ends_with(&cause) {
                message.push_str(": ");
                message.push_str(&cause);
            }
        }
        Self::unavailable(message)
    }

    /// Writes the sentence and ends with the code.
    #[must_use]
    pub fn report(self) -> ExitCode {
        if !self.message.is_empty() {
            eprintln!("credit-ledger: {}", self.message);
        }
        ExitCode::from(self.code)
    }
}
