//! `license_server.conf` on disk: reading, writing whole or not at all, history, and noticing edits made outside.

pub mod file;
mod history;
mod keeper;
mod replace;
mod save;
mod state;
mod watch;

#[cfg(test)]
mod tests;

pub use history::{Revision, RevisionText};
#[cfg(test)]
pub(crate) use keeper::LOOK_AGAIN;
pub use save::{BaseRevision, ConfChange, Conflict, SaveError, SavedRevision, set_values};
pub use state::{ConfState, OutsideEdit};
pub(crate) use watch::EVERY as WATCH_EVERY;
