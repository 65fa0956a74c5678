//! Payments, from the API to the simulation of Stripe and back.

mod checkout;
mod checkout_refused;
mod claims;
mod crash_points;
mod evening;
mod histories;
mod inbox;
mod keeper;
mod kills;
mod load;
mod reconcile;
mod refunds;
mod settled;
mod setup;
mod told;
