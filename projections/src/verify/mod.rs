//! Whether the read tables are what the log says.

pub mod oracle;
