//! Payments, from the API to the simulation of Stripe and back.

mod checkout;
mod checkout_refused;
mod inbox;
mod setup;
