//! One test binary across crates, on a real PostgreSQL.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on should say where")]

mod acceptance;
mod catalogue;
mod command_line;
mod credit_check;
mod demo;
mod engine;
mod feed;
mod http;
mod log;
mod models;
mod notifications;
mod payments;
mod private_postgres;
mod projections;
mod queries;
mod recharge;
mod stock_conformance;
mod stock_defects;
mod support;
mod tidy;
mod web;
