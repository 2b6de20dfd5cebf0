//! Version 1: folder = area, file = one resource. Errors are [`super::super::problem::Problem`].

pub mod audit;
pub mod clients;
pub mod config;
pub mod exchange;
pub mod history;
pub mod json;
pub mod licenses;
pub mod openapi;
pub mod restore;
pub mod status;
pub mod usage;
