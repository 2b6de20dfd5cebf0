//! What every program with a database needs: opening SQLite, the clock, randomness. Shared by the engine and the node.

pub mod clock;
pub mod lock;
pub mod row;
pub mod secret;
pub mod store;
