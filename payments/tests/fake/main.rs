//! The gateway against the simulation, over HTTP; and the simulation against async-stripe's strict types.

mod faults;
mod gateway;
mod setting;
mod strict;
