//! The runner: checkpoints, stops, the tail, take-over, rebuilds.

mod crash;
mod probe;
mod rebuild;
mod runner;
mod stops;
mod wait;
mod world;
