//! What HTTP and reports ask of the read tables.

pub mod cursor;
