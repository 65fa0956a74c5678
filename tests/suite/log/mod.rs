//! The log on PostgreSQL.

mod append;
mod fixture;
mod plans;
mod reads;
mod restart;
mod roles;
mod silence;
mod standby;
mod strings;
mod texts;
mod verify;
