//! One module per area of the console. A page is a pure component of its data; loading it is the server's business.

pub mod account;
pub mod audit;
pub mod configuration;
pub mod error;
pub mod login;
pub mod overview;
pub mod settings;
pub mod setup;
