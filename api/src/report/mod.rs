//! Reports of a month, for people and scripts.

mod month;

pub use month::Month;
