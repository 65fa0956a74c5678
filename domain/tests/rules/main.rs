//! The rules of money, proved: scenarios a rule, properties against a naive model, golden events and streams.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on should say where")]

mod model;
mod model_commands;
mod properties;
mod support;
