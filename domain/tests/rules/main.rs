//! The rules of money, proved: scenarios a rule, properties against a naive model, golden events and streams.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on should say where")]

mod adapter;
mod extremes;
mod golden;
mod model;
mod model_commands;
mod model_prices;
mod model_purchases;
mod model_recharge;
mod model_run;
mod price_arithmetic;
mod price_books;
mod price_mistakes;
mod properties;
mod properties_merges;
mod properties_owed;
mod refunds_in_money;
mod regressions;
mod scenarios_alerts;
mod scenarios_claw_backs;
mod scenarios_free_credits;
mod scenarios_limits;
mod scenarios_merges;
mod scenarios_money;
mod scenarios_prices;
mod scenarios_recharge;
mod scenarios_rules;
mod streams;
mod support;
mod table;
mod upcasting;
mod walk;
