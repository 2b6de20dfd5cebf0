//! Accounts: users and their passwords, sessions, API tokens, throttling, and the one-time set-up link.

pub mod checking;
pub mod password;
pub mod refused;
pub mod session_store;
pub mod setup;
pub mod throttle;
pub mod tokens;
pub(crate) mod unstored_sessions;
pub mod users;

#[cfg(test)]
mod tests;
