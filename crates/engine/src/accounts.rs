//! Accounts: users and their passwords, second factors, sessions, one-time links, API tokens, throttling, and the one-time set-up link.

pub mod checking;
pub mod links;
pub mod password;
pub mod people;
pub mod refused;
pub mod second_step;
pub mod session_store;
pub mod setup;
pub mod throttle;
pub mod tokens;
pub(crate) mod unstored_sessions;
pub mod users;

#[cfg(test)]
mod tests;
