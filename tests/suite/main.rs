//! One test binary across crates, on a real PostgreSQL.

mod private_postgres;
