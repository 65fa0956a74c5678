//! What HTTP and reports ask of the read tables: one file a query.
//!
//! Invariant: every query is bound to one partition and organization and has an index that serves it; the list of
//! organizations alone walks partitions, each by its index.
//! Absent: the write side's figures (`store`), rights (`api`).

pub mod cursor;
mod error;
mod page;
mod reader;

pub use cursor::CursorError;
pub use error::QueryError;
pub use page::{Limit, Page, PageRequest};
pub use reader::Reader;
