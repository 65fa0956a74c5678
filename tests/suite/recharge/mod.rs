//! Auto-recharge against the simulation of Stripe: one charge for each request, whatever goes wrong.

mod concurrency;
mod faults;
mod outcomes;
mod servers;
mod shop;
mod world;
