//! What an application links to take and return licenses. This version holds the words both sides share and nothing more:
//! the client protocol is not part of it.

pub use licensing::context::Context;
pub use licensing::guid::Guid;
