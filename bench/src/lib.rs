//! The measurements: a load generator, the stock set-up to compare with, and the report.
//!
//! Absent: any figure that was not measured in the run that prints it.
#![expect(clippy::float_arithmetic, reason = "rates, ratios and latencies of a measurement are not money")]

pub mod comparison;
pub mod databases;
pub mod growth;
pub mod lag;
pub mod large;
pub mod load;
pub mod machine;
pub mod memory;
pub mod progress;
pub mod report;
pub mod rows;
pub mod side;
pub mod stock;
