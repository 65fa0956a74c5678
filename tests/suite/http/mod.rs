//! The API as a caller sees it: statuses, codes, replays, rights.

mod auto_recharge;
mod bad_input;
mod batch;
mod commands;
pub mod coverage;
mod estimates;
mod idempotency;
mod keys;
mod look_ups;
mod packages;
mod prices;
mod rates;
