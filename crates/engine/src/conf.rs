//! `license_server.conf` on disk: reading, writing whole or not at all, history, and noticing edits made outside.

pub mod file;
mod history;
mod keeper;
mod save;
mod state;
mod watch;

pub use history::{Revision, RevisionText};
pub use save::{BaseRevision, ConfChange, Conflict, SaveError, SavedRevision, set_values};
pub use state::{ConfState, OutsideEdit};
pub(crate) use watch::EVERY as WATCH_EVERY;
