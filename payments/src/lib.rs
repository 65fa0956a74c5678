//! Payments: what Stripe knows of a purchase becomes facts, and facts become commands to the organization's account.

pub mod checkout;
mod command;
pub mod crash;
pub mod customers;
pub mod facts;
pub mod gateway;
mod handle;
pub mod https;
pub mod inbox;
mod process;
pub mod recharge;
pub mod reconcile;
pub mod refunds;
pub mod settle;
pub mod stripe;

pub use command::internal;
pub use handle::Payments;
pub use process::Process;
