//! Payments: what Stripe knows of a purchase becomes facts, and facts become commands to the organization's account.

pub mod checkout;
mod command;
pub mod customers;
pub mod gateway;
mod handle;
pub mod https;
pub mod recharge;
pub mod stripe;

pub use command::internal;
pub use handle::Payments;
