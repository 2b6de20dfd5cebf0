//! What every program with a database needs: opening SQLite, files replaced as a whole, the clock, randomness. Shared by the engine and the node.

pub mod clock;
pub mod file;
pub mod lock;
pub mod row;
pub mod secret;
pub mod store;
