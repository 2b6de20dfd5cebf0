//! Version 1: folder = area, file = one resource. Errors are [`super::super::problem::Problem`].

pub mod alerts;
pub mod audit;
pub mod clients;
pub mod config;
pub mod exchange;
pub mod history;
pub mod json;
pub mod licenses;
pub mod logs;
pub mod openapi;
pub mod restore;
pub mod servers;
pub mod status;
pub mod usage;
pub mod ve;
