//! What a verification may find.

use std::fmt;

/// A row, or a table, that is not what the log says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finding {
    pub partition: u16,
    /// The contract name of the table, or the projector where no table is to blame.
    pub table: String,
    /// The key of the row, where one is to blame.
    pub key: Option<String>,
    pub fault: Fault,
}

/// What is wrong with it.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Fault {
    #[error("the row is missing")]
    Missing,
    #[error("the log has no such row")]
    Extra,
    #[error("{column} is {stored} and has to be {computed}")]
    Differs { column: String, stored: String, computed: String },
    #[error("the projector says {projected}, the domain {folded}")]
    Disagrees { projected: String, folded: String },
    #[error("the projector has no checkpoint")]
    NoCheckpoint,
    #[error("the checkpoint {position} lies behind the end of the log, {end}")]
    PastTheEnd { position: u64, end: u64 },
    #[error("the rows cannot be computed: {0}")]
    Unprojectable(String),
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}, partition {}", self.table, self.partition)?;
        if let Some(key) = &self.key {
            write!(f, ", {key}")?;
        }
        write!(f, ": {}", self.fault)
    }
}
