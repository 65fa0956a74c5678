//! What the tests stand on: one private PostgreSQL a run, one database a test, real server processes.

pub mod http;
pub mod node;
mod postgres;
pub mod projected;
pub mod proxy;
pub mod stripe;
pub mod wire;

pub use postgres::{PARTITIONS, TestDatabase, database, empty_database, migrated_database, own_postgres, url_of};

/// Cases of a property that reaches a database: `TEST_CASES`, at most `most`, or the default.
pub fn cases(default: u32, most: u32) -> u32 {
    std::env::var("TEST_CASES").map_or(default, |text| text.parse::<u32>().expect("TEST_CASES is a number").min(most))
}
