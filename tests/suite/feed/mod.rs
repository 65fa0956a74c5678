//! The feed, as those who follow it see it: nothing twice, nothing missing, and nobody else the slower for it.

mod access;
mod follower;
mod pages;
mod restarts;
mod streams;
mod writer;
