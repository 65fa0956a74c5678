//! One test binary across crates, on a real PostgreSQL.

mod acceptance;
mod demo;
mod http;
mod private_postgres;
mod stock_defects;
mod support;
mod tidy;
