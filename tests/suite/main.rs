//! One test binary across crates, on a real PostgreSQL.

mod acceptance;
mod http;
mod private_postgres;
mod support;
mod tidy;
