//! The vendor's licensing node. This version holds the words both sides share and nothing more: the exchange is not part
//! of it.

pub use licensing::context::Context;
pub use licensing::guid::Guid;
