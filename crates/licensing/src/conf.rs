//! The vendor's `license_server.conf`: read, checked, shown and changed without losing a byte.

pub mod check;
pub mod diff;
pub mod document;
pub mod effective;
pub mod merge;
mod reading;
pub mod setting;
pub mod template;
pub mod text;
pub mod view;

/// Maximum size of a conf file, bytes. A vendor's has about 6,000.
pub const MAX_BYTES: usize = 1024 * 1024;
