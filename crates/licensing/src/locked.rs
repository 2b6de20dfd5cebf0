//! Sealing of locked records of use: neither the administrator can read them, nor does the vendor ever see them.
//!
//! Each day (and each start of the server) has a random root. It is sealed to the vendor's key in a [`KeyHeader`] and
//! otherwise only in memory. From the root follows a chain of keys, one for each user index, each the digest of the one
//! above: who has the key for 60 users has those for all below, and none above. A record is encrypted with the key of
//! its user's index (ChaCha20-Poly1305); the day and the header are authenticated with it, so a line that is moved to
//! another day's file does not open.

mod header;
mod keys;
mod line;
#[cfg(test)]
mod tests;

pub use header::{HeaderError, HeaderId, KeyHeader, open_header, seal_header};
pub use keys::{DayRoot, KeyLadder, MOST_TOLD_APART, UserKey};
pub use line::{LockedLine, LockedLineError, MARK, seal_line};
