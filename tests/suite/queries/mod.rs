//! Queries of the read models over HTTP, and their plans.

mod csv;
mod fixture;
mod freshness;
mod hostile;
mod lists;
mod pages;
mod past;
mod plans;
mod report;
mod rights;
mod usage;
