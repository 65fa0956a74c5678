//! Payments: what Stripe knows of a purchase becomes facts, and facts become commands to the organization's account.

pub mod facts;
pub mod gateway;
pub mod https;
pub mod recharge;
pub mod stripe;
