//! The read tables: what projectors write, what `verify --projections` finds, what the analysts' guide prints.

mod fixture;
mod guide;
mod life;
mod trace;
mod verify;
