//! The read tables: what projectors write, what `verify --projections` finds, what the analysts' guide prints.

mod fixture;
mod life;
mod verify;
