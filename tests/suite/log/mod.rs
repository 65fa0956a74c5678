//! The log on PostgreSQL.

mod append;
mod fixture;
mod reads;
mod roles;
mod strings;
mod verify;
