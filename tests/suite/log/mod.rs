//! The log on PostgreSQL.

mod append;
mod fixture;
mod plans;
mod reads;
mod roles;
mod strings;
mod verify;
