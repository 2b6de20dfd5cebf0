//! The console's pages and forms. A form's handler parses, calls the engine once, and redirects (303); on refusal it shows
//! the same page with what was typed, the reasons, and status 422.

pub mod account;
pub mod alerts;
pub mod clients;
pub mod clusters;
pub mod configuration;
pub mod diagnostics;
pub mod error;
pub mod exchange;
pub mod flash;
pub mod form;
pub mod licenses;
pub mod login;
pub mod logs;
pub mod render;
pub mod servers;
pub mod setup;
pub mod theme;
pub mod usage;
pub mod ve;
