//! One module per area of the console. A page is a pure component of its data; loading it is the server's business.

pub mod account;
pub mod alerts;
pub mod audit;
pub mod clients;
pub mod configuration;
pub mod diagnostics;
pub mod error;
pub mod exchange;
pub mod licenses;
pub mod login;
pub mod logs;
pub mod overview;
pub mod servers;
pub mod settings;
pub mod setup;
pub mod usage;
