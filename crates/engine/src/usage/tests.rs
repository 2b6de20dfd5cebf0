//! The records of use on a real disk, held against sums made the slow way.

mod against;
mod crash;
mod days;
mod imports;
mod questions;
mod world;
