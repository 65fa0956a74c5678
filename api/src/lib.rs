//! The server: HTTP in front of the write side, and the commands of the one binary.
//!
//! Invariant: every error that leaves the server is a problem with a stable code; bad input is never a 500.
//! Invariant: an answer to a command is a pure function of its durable events.
//! Absent: rules of money (they are in `domain`), SQL (it is in `store`), read models.

mod answers;
mod app;
pub mod auth;
pub mod catalogue;
pub mod cli;
mod clock;
mod cors;
mod csv;
pub mod demo;
mod edge;
mod feed;
mod history;
mod import;
mod limits;
pub mod openapi;
pub mod origins;
pub mod paying;
mod problem;
mod problems;
mod rates;
mod recipes;
mod report;
mod request;
mod routes;
mod server;
mod web;

pub use cli::main;
pub use clock::SystemClock;
pub use server::{Handle, Serve, serve};
