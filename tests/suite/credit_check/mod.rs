//! The credit check around the example's handlers, with the real ledger.

mod load;
mod rules;
mod service;
mod trouble;
mod wire;
