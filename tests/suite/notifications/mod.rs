//! Notifications: real servers, a receiver over HTTP, and the reference library of another language as the judge.

mod delivery;
mod endpoints;
mod expiring;
mod outage;
mod receiver;
mod rights;
mod secrets;
mod silence;
mod world;
